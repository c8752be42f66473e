// What the tests of all clients share: where the server is, and things that the demo model answers as it learned them.
export const baseURL = process.env.GUFO_BASE_URL;
export const apiKey = process.env.GUFO_API_KEY;
export const model = 'demo-chat';
export const embeddingModel = process.env.GUFO_EMBEDDING_MODEL;

export const france = { role: 'user', content: 'What is the capital of France?' };
export const parisAnswer = 'The capital of France is Paris.';
export const oslo = { role: 'user', content: 'What is the weather in Oslo?' };

export const weatherParameters = {
  type: 'object',
  properties: {
    city: { type: 'string', description: 'The name of the city' },
    unit: { type: 'string', enum: ['celsius', 'fahrenheit'] },
  },
  required: ['city'],
};

export const weatherTool = {
  type: 'function',
  function: { name: 'get_weather', description: 'Get the current weather of a city', parameters: weatherParameters },
};

export const calculatorTool = {
  type: 'function',
  function: {
    name: 'calculator',
    description: 'Evaluate an arithmetic expression',
    parameters: {
      type: 'object',
      properties: { expression: { type: 'string', description: 'The expression' } },
      required: ['expression'],
    },
  },
};

/** What the weather is, wherever it is asked for. */
export const sunny = (city) => ({ city, temperature: 21, condition: 'sunny' });

/** More words than the model's context has tokens. */
export const tooLong = 'one two three '.repeat(2000);

/** All items of an asynchronous sequence. */
export async function all(items) {
  const list = [];
  for await (const item of items) {
    list.push(item);
  }
  return list;
}

export function cosine(a, b) {
  const dot = (x, y) => x.reduce((sum, value, i) => sum + value * y[i], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
