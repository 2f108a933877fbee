// The programs of old_programs.py and moved_programs.py, as they are written for Node.
// `node programs.mjs URL KEY` prints what both saw as JSON; the package `openai` must be installed beside it.
import OpenAI, { AzureOpenAI } from "openai";
import { VERSION } from "openai/version";

const parameters = {
  type: "object",
  properties: { harbour: { type: "string" } },
  required: ["harbour"],
  additionalProperties: false,
};
const tide = { name: "get_tide", description: "The height of the tide at a harbour", parameters };
const QUESTION = "How high is the tide at the harbour of Onomichi?";

// Each kind once, in the order in which they first came.
const kindsOf = (events) => [...new Set(events)];

async function refusedWith(request) {
  try {
    await request;
  } catch (error) {
    return [error.constructor.name, error.code, error.message];
  }
  return [];
}

async function old(url, key) {
  const client = new AzureOpenAI({ endpoint: url, apiKey: key, apiVersion: "2024-05-01-preview" });
  const { assistants, threads } = client.beta;
  const assistant = await assistants.create({ model: "gpt-4o", tools: [{ type: "function", function: tide }] });
  const thread = await threads.create({ messages: [{ role: "user", content: "What is the capital of Japan?" }] });
  const asking = { assistant_id: assistant.id };
  const run = await threads.runs.createAndPoll(thread.id, asking);
  const messages = await threads.messages.list(thread.id);
  await threads.messages.create(thread.id, { role: "user", content: QUESTION });
  const waiting = await threads.runs.createAndPoll(thread.id, asking);
  const calls = waiting.required_action.submit_tool_outputs.tool_calls;
  const outputs = calls.map((call) => ({ tool_call_id: call.id, output: "3.5 metres" }));
  const seen = [];
  let text = "";
  const stream = threads.runs
    .submitToolOutputsStream(waiting.id, { thread_id: thread.id, tool_outputs: outputs })
    .on("event", (event) => seen.push(event.event))
    .on("textDelta", (delta) => (text += delta.value));
  await stream.finalRun();
  return {
    run: run.status,
    answer: messages.data[0].content[0].text.value,
    call: [waiting.status, calls[0].function.name, JSON.parse(calls[0].function.arguments)],
    telling: kindsOf(seen),
    told: text.includes("3.5 metres"),
    refused: await refusedWith(threads.retrieve("undefined")),
  };
}

async function moved(url, key) {
  const client = new OpenAI({ baseURL: `${url}/openai/v1/`, apiKey: key });
  const model = "gpt-4o";
  const first = await client.responses.create({ model, input: "What is the capital of Japan?" });
  const chained = { model, input: "And of France?", previous_response_id: first.id };
  const second = await client.responses.create(chained);
  await client.responses.delete(first.id);
  const conversation = await client.conversations.create({});
  const seen = [];
  const stream = client.responses
    .stream({ model, input: QUESTION, tools: [{ type: "function", strict: true, ...tide }], conversation: conversation.id })
    .on("event", (event) => seen.push(event.type));
  const [call] = (await stream.finalResponse()).output;
  const told = { type: "function_call_output", call_id: call.call_id, output: "3.5 metres" };
  const answer = await client.responses.create({ model, input: [told], conversation: conversation.id });
  const held = [];
  for await (const item of client.conversations.items.list(conversation.id, { order: "asc" })) held.push(item.type);
  return {
    answer: first.output_text,
    second: second.output_text,
    asking: kindsOf(seen),
    call: [call.name, JSON.parse(call.arguments)],
    told: answer.output_text.includes("3.5 metres"),
    held,
    refused: await refusedWith(client.responses.create(chained)),
  };
}

const [url, key] = process.argv.slice(2);
console.log(JSON.stringify({ version: VERSION, old: await old(url, key), moved: await moved(url, key) }));
