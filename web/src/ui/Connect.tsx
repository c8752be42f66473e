import { useState } from 'preact/hooks';
import { apiKey } from '../lib/key';
import { Code } from '../markdown/Markdown';

const AGENTS = ['claude', 'codex', 'opencode', 'qwen', 'continue', 'pi', 'cline', 'copilot'];

/** How an SDK, a script or an agent is pointed at this server, to copy. */
export function Connect({ base, model }: { base: string; model: string }) {
  const [what, setWhat] = useState('curl');
  const root = base.replace(/\/$/, '');
  const needsKey = apiKey.value !== '';
  const texts: Record<string, [string, string]> = {
    curl: [
      'bash',
      `curl ${root}/v1/chat/completions -H 'Content-Type: application/json'${needsKey ? ' \\\n  -H "Authorization: Bearer $GUFO_API_KEY"' : ''} \\\n  -d '{"model": "${model}", "messages": [{"role": "user", "content": "Hello!"}]}'`,
    ],
    Python: [
      'python',
      `${needsKey ? 'import os\n' : ''}from openai import OpenAI\n\nclient = OpenAI(base_url="${root}/v1", api_key=${needsKey ? 'os.environ["GUFO_API_KEY"]' : '"none"'})\nanswer = client.chat.completions.create(\n    model="${model}",\n    messages=[{"role": "user", "content": "Hello!"}],\n)\nprint(answer.choices[0].message.content)`,
    ],
    JavaScript: [
      'javascript',
      `import OpenAI from 'openai';\n\nconst client = new OpenAI({ baseURL: '${root}/v1', apiKey: ${needsKey ? 'process.env.GUFO_API_KEY' : "'none'"} });\nconst answer = await client.chat.completions.create({\n  model: '${model}',\n  messages: [{ role: 'user', content: 'Hello!' }],\n});\nconsole.log(answer.choices[0].message.content);`,
    ],
    Java: [
      'java',
      `OpenAIClient client = OpenAIOkHttpClient.builder()\n        .baseUrl("${root}/v1")\n        .apiKey(${needsKey ? 'System.getenv("GUFO_API_KEY")' : '"none"'})\n        .build();`,
    ],
    Agents: [
      'bash',
      `${AGENTS.map((agent) => `gufo connect ${agent} --url ${root} --model ${model}${needsKey ? ' --key "$GUFO_API_KEY"' : ''}`).join('\n')}\n# --print shows what would be written`,
    ],
  };
  const [language, text] = texts[what] ?? ['', ''];
  return (
    <div class="connect">
      <p class="soft">
        The base URL is <code>{root}/v1</code>, for OpenAI’s API; for Anthropic’s it is <code>{root}</code>.{' '}
        {needsKey ? 'The examples read the key from GUFO_API_KEY.' : ''}
      </p>
      <div class="choices" role="group" aria-label="For what">
        {Object.keys(texts).map((name) => (
          <button key={name} type="button" aria-pressed={what === name} onClick={() => setWhat(name)}>
            {name}
          </button>
        ))}
      </div>
      <Code key={what} text={text} language={language} closed />
    </div>
  );
}
