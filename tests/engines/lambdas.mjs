// What V8 says to each line of standard input, as a line of JSON. The argument is what is known by name.
import { createContext, runInContext } from "node:vm";
import { readFileSync } from "node:fs";

const context = createContext(JSON.parse(process.argv[2]));

function answer(expression) {
  try {
    return { value: runInContext(`(${expression})`, context) ?? null };
  } catch (error) {
    return { error: String(error) };
  }
}

const expressions = readFileSync(0, "utf8").split("\n").filter((line) => line !== "");
console.log(expressions.map((expression) => JSON.stringify(answer(expression))).join("\n"));
