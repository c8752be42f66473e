import { useEffect, useState } from 'preact/hooks';
import { getJson } from '../lib/api';
import { apiKey } from '../lib/key';
import { Code } from '../markdown/Markdown';

const AGENTS = 'Agents';

interface Props {
  base: string;
  model: string;
  /** Where the server tells the settings of agents. */
  from: 'v1/connect' | 'admin/connect';
  /** Whether the API is at another address than this page. */
  elsewhere?: boolean;
}

/** How an SDK, a script or an agent is pointed at this server, to copy. */
export function Connect({ base, model, from, elsewhere }: Props) {
  const [what, setWhat] = useState('curl');
  const [address, setAddress] = useState(base);
  const root = address.replace(/\/+$/, '');
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
  };
  const [language, text] = texts[what] ?? ['', ''];
  return (
    <div class="connect">
      {elsewhere === true && (
        <label class="address">
          Address of the API: operation has a port of its own here
          <input type="url" value={address} spellcheck={false} onInput={(e) => setAddress(e.currentTarget.value)} />
        </label>
      )}
      <p class="soft">
        The base URL is <code>{root}/v1</code>, for OpenAI’s API; for Anthropic’s it is <code>{root}</code>.{' '}
        {needsKey ? 'The examples read the key from GUFO_API_KEY.' : ''}
      </p>
      <div class="choices" role="group" aria-label="For what">
        {[...Object.keys(texts), AGENTS].map((name) => (
          <button key={name} type="button" aria-pressed={what === name} onClick={() => setWhat(name)}>
            {name}
          </button>
        ))}
      </div>
      {what === AGENTS ? <Agents root={root} model={model} from={from} /> : <Code key={what} text={text} language={language} closed />}
    </div>
  );
}

interface Agent {
  agent: string;
  title: string;
  /** The file with its settings; without it they are lines for a shell. */
  file?: string;
  content: string;
}

/** What `gufo connect` writes for each agent, and the command for it. */
function Agents({ root, model, from }: { root: string; model: string; from: Props['from'] }) {
  const [told, setTold] = useState<{ key: string; data: Agent[] } | null>(null);
  const [chosen, setChosen] = useState('claude');
  const [problem, setProblem] = useState('');
  useEffect(() => {
    const query = new URLSearchParams({ url: root, ...(model === 'MODEL' ? {} : { model }) });
    const controller = new AbortController();
    getJson<{ key: string; data: Agent[] }>(`${from}?${query}`, controller.signal).then(
      (now) => {
        setTold(now);
        setProblem('');
      },
      (e: Error) => {
        if (!controller.signal.aborted) setProblem(e.message);
      },
    );
    return () => controller.abort();
  }, [root, model, from]);
  const one = told?.data.find(({ agent }) => agent === chosen);
  return (
    <>
      {problem !== '' && <p class="warning" role="alert">{problem}</p>}
      <div class="choices" role="group" aria-label="Which agent">
        {told?.data.map(({ agent, title }) => (
          <button key={agent} type="button" aria-pressed={chosen === agent} onClick={() => setChosen(agent)}>
            {title}
          </button>
        ))}
      </div>
      {one !== undefined && (
        <>
          <p class="soft small">On a machine with Gufo this command writes the settings:</p>
          <Code
            key={`${chosen} command`}
            text={`gufo connect ${one.agent} --url ${root} --model ${model}${apiKey.value === '' ? '' : ' --key "$GUFO_API_KEY"'}${one.file === undefined ? ' --print' : ''}`}
            language="bash"
            closed
          />
          <p class="soft small">
            {one.file === undefined ? 'Elsewhere, type this:' : <>Elsewhere, put this into <code>{one.file}</code>, beside what is there:</>}
            {told?.key === 'YOUR_API_KEY' && ' Put a key in the place of YOUR_API_KEY.'}
          </p>
          <Code key={`${chosen} settings`} text={one.content.trimEnd()} language={LANGUAGES[one.file?.split('.').at(-1) ?? ''] ?? 'bash'} closed />
        </>
      )}
    </>
  );
}

const LANGUAGES: Record<string, string> = { json: 'json', toml: 'toml', yaml: 'yaml' };
