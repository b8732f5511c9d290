// What Joda-Time says to each line of standard input, as a line of JSON. A line is a pattern and, after a
// tab, a zone and milliseconds since 1970 to print, or a text to read.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.joda.time.DateTimeZone;
import org.joda.time.format.DateTimeFormat;
import org.joda.time.format.DateTimeFormatter;

class Joda {
    public static void main(String[] arguments) throws Exception {
        var asked = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        var told = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        asked.lines().forEach(line -> told.println(answer(line.split("\t", -1))));
        told.flush();
    }

    private static String answer(String[] line) {
        try {
            return "{\"value\":\"" + said(line).replace("\\", "\\\\").replace("\"", "\\\"") + "\"}";
        } catch (IllegalArgumentException | StringIndexOutOfBoundsException error) {
            return "{\"error\":true}";
        }
    }

    private static String said(String[] line) {
        DateTimeFormatter format = DateTimeFormat.forPattern(line[0]).withLocale(Locale.ENGLISH);
        if (line.length == 2) {
            return Long.toString(format.withZone(DateTimeZone.UTC).parseDateTime(line[1]).getMillis());
        }
        return format.withZone(DateTimeZone.forID(line[1])).print(Long.parseLong(line[2]));
    }
}
