//! The figures of this process as OTLP has them, read from the text that Prometheus reads: there is one
//! list of what is counted.

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint,
    ResourceMetrics, ScopeMetrics, Sum, metric, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message;
use std::collections::BTreeMap;

/// From when a figure counts, and when it stands so, in nanoseconds since 1970.
type Times = (u64, u64);

/// Labels and their values.
type Labels = Vec<(String, String)>;

/// The message that tells the figures of `text`.
pub(super) fn message(text: &str, service: &str, times: Times) -> Vec<u8> {
    let resource =
        Resource { attributes: vec![attribute("service.name", service)], ..Resource::default() };
    let scope_metrics = vec![ScopeMetrics { metrics: metrics(text, times), ..Default::default() }];
    let all = ResourceMetrics { resource: Some(resource), scope_metrics, ..Default::default() };
    ExportMetricsServiceRequest { resource_metrics: vec![all] }.encode_to_vec()
}

/// What stands below one head.
struct Family<'t> {
    name: &'t str,
    help: &'t str,
    kind: &'t str,
    /// Name, labels and value of each line.
    lines: Vec<(&'t str, Labels, &'t str)>,
}

fn metrics(text: &str, times: Times) -> Vec<Metric> {
    let mut families: Vec<Family<'_>> = Vec::new();
    for line in text.lines() {
        if let Some((name, help)) =
            line.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' '))
        {
            families.push(Family { name, help, kind: "", lines: Vec::new() });
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            if let (Some(family), Some((_, kind))) = (families.last_mut(), kind.split_once(' ')) {
                family.kind = kind;
            }
        } else if let (Some(family), Some(read)) = (families.last_mut(), sample(line)) {
            family.lines.push(read);
        }
    }
    families.iter().map(|family| family.metric(times)).collect()
}

/// `name{label="value",…} 1`
fn sample(line: &str) -> Option<(&str, Labels, &str)> {
    let (named, value) = line.rsplit_once(' ')?;
    let Some((name, labels)) = named.split_once('{') else {
        return Some((named, Vec::new(), value));
    };
    let labels = labels.trim_end_matches('}').split("\",");
    let labels = labels.filter_map(|label| {
        let (name, value) = label.split_once("=\"")?;
        Some((name.to_owned(), value.trim_end_matches('"').to_owned()))
    });
    Some((name, labels.collect(), value))
}

fn attribute(key: &str, value: &str) -> KeyValue {
    let value = AnyValue { value: Some(any_value::Value::StringValue(value.to_owned())) };
    KeyValue { key: key.to_owned(), value: Some(value), ..Default::default() }
}

fn attributes(labels: &Labels) -> Vec<KeyValue> {
    labels.iter().map(|(name, value)| attribute(name, value)).collect()
}

impl Family<'_> {
    fn metric(&self, times: Times) -> Metric {
        const CUMULATIVE: i32 = AggregationTemporality::Cumulative as i32;
        let data = match self.kind {
            "counter" => metric::Data::Sum(Sum {
                data_points: self.numbers(times),
                aggregation_temporality: CUMULATIVE,
                is_monotonic: true,
            }),
            "histogram" => metric::Data::Histogram(Histogram {
                data_points: self.ranges(times),
                aggregation_temporality: CUMULATIVE,
            }),
            _ => metric::Data::Gauge(Gauge { data_points: self.numbers(times) }),
        };
        let unit = match self.name {
            name if name.contains("_seconds") => "s",
            name if name.contains("_bytes") => "By",
            _ => "1",
        };
        Metric {
            name: self.name.to_owned(),
            description: self.help.to_owned(),
            unit: unit.to_owned(),
            data: Some(data),
            ..Default::default()
        }
    }

    fn numbers(&self, (since, now): Times) -> Vec<NumberDataPoint> {
        let point = |(_, labels, value): &(&str, Labels, &str)| NumberDataPoint {
            attributes: attributes(labels),
            start_time_unix_nano: since,
            time_unix_nano: now,
            value: Some(match value.parse() {
                Ok(whole) => number_data_point::Value::AsInt(whole),
                Err(_) => number_data_point::Value::AsDouble(value.parse().unwrap_or(f64::NAN)),
            }),
            ..Default::default()
        };
        self.lines.iter().map(point).collect()
    }

    /// One for each set of labels besides `le`, whose lines count everything up to a bound.
    fn ranges(&self, (since, now): Times) -> Vec<HistogramDataPoint> {
        let mut points: BTreeMap<Labels, (HistogramDataPoint, u64)> = BTreeMap::new();
        for (name, labels, value) in &self.lines {
            let (bounds, others): (Labels, Labels) =
                labels.iter().cloned().partition(|(label, _)| label == "le");
            let (point, below) = points.entry(others.clone()).or_insert_with(|| {
                let point = HistogramDataPoint {
                    attributes: attributes(&others),
                    start_time_unix_nano: since,
                    time_unix_nano: now,
                    ..Default::default()
                };
                (point, 0)
            });
            if let Some((_, bound)) = bounds.first() {
                let up_to: u64 = value.parse().unwrap_or_default();
                point.bucket_counts.push(up_to.saturating_sub(*below));
                *below = up_to;
                // The last one has no upper end.
                point
                    .explicit_bounds
                    .extend(bound.parse().ok().filter(|bound: &f64| bound.is_finite()));
            } else if name.ends_with("_sum") {
                point.sum = value.parse().ok();
            } else {
                point.count = value.parse().unwrap_or_default();
            }
        }
        points.into_values().map(|(point, _)| point).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# HELP a_total How many.\n# TYPE a_total counter\n\
        a_total{bucket=\"client\"} 3\na_total{bucket=\"address\"} 0\n\
        # HELP b Now.\n# TYPE b gauge\nb -2\n\
        # HELP c_seconds How long.\n# TYPE c_seconds histogram\n\
        c_seconds_bucket{by=\"x\",le=\"0.5\"} 1\nc_seconds_bucket{by=\"x\",le=\"1\"} 4\n\
        c_seconds_bucket{by=\"x\",le=\"+Inf\"} 5\nc_seconds_sum{by=\"x\"} 3.25\n\
        c_seconds_count{by=\"x\"} 5\n";

    #[test]
    fn figures_are_the_same_as_in_the_text() {
        let read = metrics(TEXT, (1, 2));
        let [a, b, c] = &read[..] else { panic!("{read:?}") };
        assert_eq!((a.name.as_str(), a.description.as_str()), ("a_total", "How many."));
        let Some(metric::Data::Sum(sum)) = &a.data else { panic!("{a:?}") };
        assert!(sum.is_monotonic);
        assert_eq!(sum.data_points[0].value, Some(number_data_point::Value::AsInt(3)));
        assert_eq!(sum.data_points[0].attributes, [attribute("bucket", "client")]);
        let Some(metric::Data::Gauge(gauge)) = &b.data else { panic!("{b:?}") };
        assert_eq!(gauge.data_points[0].value, Some(number_data_point::Value::AsInt(-2)));
        let Some(metric::Data::Histogram(histogram)) = &c.data else { panic!("{c:?}") };
        let [point] = &histogram.data_points[..] else { panic!("{histogram:?}") };
        assert_eq!((&point.bucket_counts[..], point.count), (&[1, 3, 1][..], 5));
        assert_eq!((&point.explicit_bounds[..], point.sum), (&[0.5, 1.0][..], Some(3.25)));
        assert_eq!((point.start_time_unix_nano, point.time_unix_nano), (1, 2));
        assert_eq!((c.unit.as_str(), &point.attributes[..]), ("s", &[attribute("by", "x")][..]));
    }
}
