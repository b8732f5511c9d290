// Evaluates one expression over people as v8.rs asks: reads the question from standard input, checks
// the answers, and prints the median time of one evaluation that ends in JSON.
import { readFileSync } from 'node:fs';

const { expression, people, answers, batch, test } = JSON.parse(readFileSync(0, 'utf8'));
const evaluate = new Function('user', `return JSON.stringify(${expression});`);

people.forEach((person, index) => {
  const found = evaluate(person);
  if (found !== JSON.stringify(answers[index])) {
    throw new Error(`${expression} gives ${found}, not ${JSON.stringify(answers[index])}`);
  }
});

let next = 0;
let length = 0;
function turn() {
  const begin = process.hrtime.bigint();
  for (let index = 0; index < batch; index += 1) {
    length += evaluate(people[next]).length;
    next = next + 1 === people.length ? 0 : next + 1;
  }
  return Number(process.hrtime.bigint() - begin) / batch;
}

const turns = [];
if (!test) {
  const until = performance.now() + 2_000;
  while (performance.now() < until) turn();
  while (performance.now() < until + 2_000) turns.push(turn());
  turns.sort((one, other) => one - other);
}
console.log(JSON.stringify({ nanoseconds: turns[turns.length >> 1] ?? null, length }));
