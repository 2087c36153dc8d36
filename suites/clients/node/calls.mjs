// OpenAI's SDK for Node: one function a capability, and what is refused. `at` holds what the
// deployment and the operator chose: BASE_URL, API_KEY, MODEL, and ASKED, the body without its model.

import fs from 'fs';
import OpenAI from 'openai';

const client = ({ BASE_URL: baseURL, API_KEY: apiKey }) => new OpenAI({ baseURL, apiKey });
const body = ({ MODEL: model, ASKED }) => ({ model, ...ASKED });

export async function models(at) {
  for await (const each of client(at).models.list()) console.log(each.id);
}

export async function chat(at) {
  const answer = await client(at).chat.completions.create(body(at));
  console.log(answer.choices[0].message.content ?? 'None');
}

export async function chat_stream(at) {
  const stream = await client(at).chat.completions.create(body(at));
  for await (const chunk of stream) {
    for (const choice of chunk.choices) process.stdout.write(choice.delta.content ?? '');
  }
}

export async function completions(at) {
  const answer = await client(at).completions.create(body(at));
  console.log(answer.choices[0].text);
}

export async function responses(at) {
  const answer = await client(at).responses.create(body(at));
  console.log(answer.output_text);
}

export async function responses_stream(at) {
  const stream = await client(at).responses.create(body(at));
  for await (const event of stream) {
    if (event.type === 'response.output_text.delta') process.stdout.write(event.delta);
  }
}

export async function transcription(at) {
  const file = fs.createReadStream('meeting_minutes.mp3');
  const answer = await client(at).audio.transcriptions.create({ model: at.MODEL, file });
  console.log(answer.text);
}

export async function ask(at) {
  await client(at).chat.completions.create(body(at));
}

export async function unknown_model(at) {
  await client(at).models.retrieve(at.UNKNOWN);
}
