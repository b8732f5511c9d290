// What Spring's expression language says to each line of standard input, as a line of JSON. The argument
// is an expression for what is known by name.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Map;
import java.util.stream.Collectors;
import org.springframework.expression.EvaluationContext;
import org.springframework.expression.PropertyAccessor;
import org.springframework.expression.TypedValue;
import org.springframework.expression.spel.standard.SpelExpressionParser;
import org.springframework.expression.spel.support.StandardEvaluationContext;

class Spring {
    private static final SpelExpressionParser PARSER = new SpelExpressionParser();

    public static void main(String[] arguments) throws Exception {
        var context = new StandardEvaluationContext(PARSER.parseExpression(arguments[0]).getValue());
        context.addPropertyAccessor(new Members());
        var asked = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        var told = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        asked.lines().forEach(expression -> told.println(answer(context, expression)));
        told.flush();
    }

    private static String answer(EvaluationContext context, String expression) {
        try {
            return "{\"value\":" + json(PARSER.parseExpression(expression).getValue(context)) + "}";
        } catch (Exception error) {
            return "{\"error\":" + text(error.getMessage()) + "}";
        }
    }

    private static String json(Object value) {
        if (value instanceof Map<?, ?> map) {
            return map.entrySet().stream()
                .map(entry -> text(entry.getKey().toString()) + ":" + json(entry.getValue()))
                .collect(Collectors.joining(",", "{", "}"));
        }
        if (value instanceof Collection<?> list) {
            return list.stream().map(Spring::json).collect(Collectors.joining(",", "[", "]"));
        }
        return value instanceof CharSequence ? text(value.toString()) : String.valueOf(value);
    }

    private static String text(String value) {
        var escaped = new StringBuilder("\"");
        for (char unit : String.valueOf(value).toCharArray()) {
            if (unit == '"' || unit == '\\' || unit < ' ') {
                escaped.append(String.format("\\u%04x", (int) unit));
            } else {
                escaped.append(unit);
            }
        }
        return escaped.append('"').toString();
    }

    /** The members of a map as its properties. */
    private static final class Members implements PropertyAccessor {
        @Override
        public Class<?>[] getSpecificTargetClasses() {
            return new Class<?>[] {Map.class};
        }

        @Override
        public boolean canRead(EvaluationContext context, Object target, String name) {
            return ((Map<?, ?>) target).containsKey(name);
        }

        @Override
        public TypedValue read(EvaluationContext context, Object target, String name) {
            return new TypedValue(((Map<?, ?>) target).get(name));
        }

        @Override
        public boolean canWrite(EvaluationContext context, Object target, String name) {
            return false;
        }

        @Override
        public void write(EvaluationContext context, Object target, String name, Object value) {
            throw new UnsupportedOperationException(name);
        }
    }
}
