// Runs Node programs one after another in one process, and tells how each ended: what runner.py does
// for Python, with the same words. A program has ended when nothing of it is left to wait for.
// A step with an entry calls that function of a file beside this one, with the values; one without
// is the text of a printed module, which finds the values among its globals.

import fs from 'fs';
import path from 'path';
import { pathToFileURL } from 'url';

const SHOWN = 400;
const say = process.stdout.write.bind(process.stdout);
const { package: library, seconds, programs } = JSON.parse(fs.readFileSync(0, 'utf-8'));
const before = { ...process.env };
let out = '';
let failed = () => {};

process.stdout.write = (chunk, ...rest) => {
  out += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf-8');
  rest.filter((each) => typeof each === 'function').forEach((done) => done());
  return true;
};
process.on('unhandledRejection', (error) => failed(error));
process.on('uncaughtException', (error) => failed(error));

function kinds(error) {
  const found = [];
  for (let each = error?.constructor; each?.name; each = Object.getPrototypeOf(each)) {
    found.push(each.name);
  }
  return found;
}

// What hangs may still print, or send: those behind it run in another process.
function giveUp() {
  process.stderr.write('Error: OutOfTime\n');
  process.exit(1);
}

async function act({ file, entry, text }, values, number) {
  if (!text) {
    const module = await import(new URL(file, import.meta.url));
    return module[entry](values);
  }
  // A printed module is loaded as one, from a file of its own in the program's folder.
  const own = path.resolve(`program-${number}.mjs`);
  fs.writeFileSync(own, text);
  Object.assign(globalThis, values);
  return import(pathToFileURL(own));
}

async function run({ name, steps, values, env }, number) {
  out = '';
  process.env = { ...before, ...env };
  let error, late, settled = false;
  const ended = new Promise((resolve) => {
    failed = (what) => { error ??= what; };
    process.once('beforeExit', resolve);
    late = setTimeout(giveUp, seconds * 1000);
    late.unref();
  });
  const acts = async () => { for (const step of steps) await act(step, values, number); };
  acts().then(() => { settled = true; }, (what) => failed(what));
  await ended;
  clearTimeout(late);
  if (!settled) error ??= new Error('a promise is never kept');
  const message = error === undefined ? '' : `${kinds(error)[0] ?? 'Error'}: ${error?.message ?? error}`;
  const row = { name, out, error: message.slice(0, SHOWN), kinds: kinds(error), line: 0 };
  say(JSON.stringify(row) + '\n');
}

// Clients of OpenAI's SDK repeat nothing by themselves: each request is seen once.
const { default: Client } = await import(library);
Object.defineProperty(Client.prototype, 'maxRetries', { get: () => 0, set: () => {} });

for (const [number, program] of programs.entries()) await run(program, number);
