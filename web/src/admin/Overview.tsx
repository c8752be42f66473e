import { useEffect, useState } from 'preact/hooks';
import { amount, bytes, count, duration } from '../lib/format';
import { cancelPull, type ModelInMemory, move, open, plan, pull, type PullState, rates, status, type Status } from './state';

const STATES: Record<string, string> = {
  loaded: 'loaded', 'not ready': 'restarting', waiting: 'waits for room', loading: 'loading', unloading: 'unloading', available: 'not loaded', failed: 'failed',
};

/** What runs now. */
export function Overview() {
  const now = status.value;
  if (now === null) return <p class="soft pad">Asking the server …</p>;
  return (
    <>
      <Parts parts={now.parts} />
      <Totals now={now} />
      <section class="panel">
        <h2>Memory</h2>
        {Object.entries(now.memory).map(([device, memory]) => (
          <Memory key={device} device={device} budget={memory.budget_bytes} used={memory.used_bytes} models={now.models} />
        ))}
      </section>
      <section class="panel">
        <h2>Models</h2>
        <div class="scroll" tabIndex={0} role="region" aria-label="Models">
          <table>
            <thead>
              <tr>
                <th>Model</th>
                <th>State</th>
                <th class="num">Memory</th>
                <th class="num">Running</th>
                <th class="num">Waiting</th>
                <th class="num">KV in use</th>
                <th class="num">Tokens/s</th>
                <th class="num">Prompts cached</th>
                <th>
                  <span class="for-readers">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {now.models.map((model) => (
                <ModelRow key={model.id} model={model} />
              ))}
            </tbody>
          </table>
        </div>
      </section>
      <Running />
      <More />
    </>
  );
}

function Parts({ parts }: { parts: Status['parts'] }) {
  return (
    <ul class="parts" aria-label="Parts of the server">
      {Object.entries(parts)
        .filter(([, part]) => part.state !== 'off')
        .map(([name, part]) => (
          <li key={name} title={part.reason ?? ''}>
            <span class={`dot ${part.state}`} />
            {name}
            {part.state !== 'ok' && <span class="warning small"> {part.state}: {part.reason}</span>}
          </li>
        ))}
    </ul>
  );
}

function Totals({ now }: { now: Status }) {
  const sum = (of: (model: ModelInMemory) => number) => now.models.filter((model) => model.alias_of === undefined).reduce((all, model) => all + of(model), 0);
  const rate = Object.values(rates.value).reduce((all, each) => all + each.generated, 0);
  const tiles: [string, string, string][] = [
    ['Running', count(sum((model) => model.running ?? 0)), `of ${count(sum((model) => model.sequences ?? 0))} places`],
    ['Waiting', count(sum((model) => model.waiting ?? 0)), 'in all queues'],
    ['Tokens/s', rate >= 100 ? count(Math.round(rate)) : rate.toFixed(1), 'written, over 5 s'],
    ['Written', amount(now.models.reduce((all, model) => all + model.tokens.generated, 0)), 'tokens since the start'],
  ];
  return (
    <dl class="tiles">
      {tiles.map(([name, value, more]) => (
        <div key={name} class="tile">
          <dt>{name}</dt>
          <dd>
            <span class="figure">{value}</span> <small>{more}</small>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Memory({ device, budget, used, models }: { device: string; budget: number; used: number; models: ModelInMemory[] }) {
  const parts = models
    .filter((model) => model.alias_of === undefined)
    .map((model) => ({ id: model.id, taken: model.memory_bytes?.[device] ?? 0 }))
    .filter(({ taken }) => taken > 0);
  return (
    <div class="memory">
      <div class="memory-head">
        <strong>{device}</strong>
        <span class="soft small">
          {bytes(used)} of {bytes(budget)} for models
        </span>
      </div>
      <div class="meter" role="img" aria-label={`${device}: ${parts.map(({ id, taken }) => `${id} ${bytes(taken)}`).join(', ')} of ${bytes(budget)}`}>
        {parts.map(({ id, taken }) => (
          <span key={id} style={{ width: `${(taken / budget) * 100}%` }} title={`${id}: ${bytes(taken)}`} />
        ))}
      </div>
      <ul class="legend small">
        {parts.map(({ id, taken }) => (
          <li key={id}>
            {id} <span class="soft">{bytes(taken)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function ModelRow({ model }: { model: ModelInMemory }) {
  const [moving, setMoving] = useState(false);
  const [problem, setProblem] = useState('');
  const rate = rates.value[model.id];
  const loaded = model.status === 'loaded' || model.status === 'not ready';
  const cached = model.tokens.prompt === 0 ? '–' : `${Math.round((model.tokens.cached / model.tokens.prompt) * 100)} %`;
  const memory = Object.values(model.memory_bytes ?? {}).reduce((all, each) => all + each, 0);
  const act = async (way: 'load' | 'unload') => {
    setMoving(true);
    setProblem(await move(model.id, way));
    setMoving(false);
  };
  return (
    <tr>
      <th scope="row">
        {model.id}
        <small class="soft">
          {model.alias_of !== undefined
            ? `another name of ${model.alias_of}`
            : [model.quantization, model.size_bytes === undefined ? '' : bytes(model.size_bytes), model.max_model_len === undefined ? '' : `${count(model.max_model_len)} tokens`]
                .filter((part) => part !== undefined && part !== '')
                .join(' · ')}
        </small>
        {(problem !== '' || model.problem !== undefined) && (
          <small class="warning" role="alert">
            {problem === '' ? model.problem : problem}
          </small>
        )}
      </th>
      <td>
        <span class="state">
          <span class={`dot ${model.status?.replace(' ', '-') ?? ''}`} />
          {STATES[model.status ?? ''] ?? model.status}
          {model.percent !== undefined && ` ${model.percent} %`}
          {model.pinned === true && ', pinned'}
        </span>
        {model.percent !== undefined && <progress max={100} value={model.percent} aria-label={`${model.id} is loading`} />}
      </td>
      <td class="num">{memory === 0 ? <Would id={model.id} /> : bytes(memory)}</td>
      <td class="num">{model.running === undefined ? '–' : `${model.running} of ${model.sequences ?? '?'}`}</td>
      <td class="num">{model.waiting ?? '–'}</td>
      <td class="num">{model.kv_usage === undefined ? '–' : `${Math.round(model.kv_usage * 100)} %`}</td>
      <td class="num">{rate === undefined || rate.generated === 0 ? '–' : rate.generated.toFixed(1)}</td>
      <td class="num">{cached}</td>
      <td class="num">
        {model.alias_of === undefined &&
          (loaded ? (
            <button type="button" disabled={moving} aria-label={`Unload ${model.id}`} onClick={() => void act('unload')}>
              {moving ? 'Unloading …' : 'Unload'}
            </button>
          ) : (
            <button type="button" disabled={moving || model.status === 'loading'} aria-label={`Load ${model.id}`} onClick={() => void act('load')}>
              {moving || model.status === 'loading' ? 'Loading …' : 'Load'}
            </button>
          ))}
      </td>
    </tr>
  );
}

/** What a model that is not loaded would take, and whether that fits. */
function Would({ id }: { id: string }) {
  const would = plan.value[id];
  if (would === undefined) return <>–</>;
  const all = Object.values(would.memory_bytes ?? {}).reduce((sum, each) => sum + each, 0);
  return (
    <>
      {all > 0 && <span class="soft">{`would take ${bytes(all)}`}</span>}
      <small class={would.fits ? 'fits' : 'fits warning'} title={would.problem}>
        {would.fits_now ? 'fits' : would.fits ? 'fits if others leave' : 'does not fit'}
      </small>
    </>
  );
}

/** Downloads, and how large another model may be. */
function More() {
  const [source, setSource] = useState('');
  const [problem, setProblem] = useState('');
  const rooms = Object.entries(status.value?.memory ?? {});
  const begin = async () => {
    const wrong = await pull(source.trim());
    setProblem(wrong);
    if (wrong === '') setSource('');
  };
  return (
    <section class="panel">
      <h2>Get another model</h2>
      <p class="soft">
        {rooms.map(([device, { budget_bytes: all, used_bytes: used }]) => `${device} has ${bytes(all)} for models, ${bytes(Math.max(0, all - used))} of it free`).join('; ')}. A model
        takes the size of its file, and memory for its context on top. Whether it fits stands in the table above as soon as its file is there.
      </p>
      <form
        class="pull"
        onSubmit={(e) => {
          e.preventDefault();
          void begin();
        }}
      >
        <label>
          <span class="for-readers">Model on Hugging Face</span>
          <input value={source} placeholder="hf:OWNER/REPO:Q4_K_M" spellcheck={false} autocomplete="off" onInput={(e) => setSource(e.currentTarget.value)} />
        </label>
        <button type="submit" class="primary" disabled={source.trim() === ''}>
          Download
        </button>
      </form>
      {problem !== '' && <p class="warning" role="alert">{problem}</p>}
      {(status.value?.pulls.length ?? 0) > 0 && (
        <ul class="pulls" aria-label="Downloads">
          {status.value?.pulls.map((one) => <PullRow key={one.id} one={one} />)}
        </ul>
      )}
    </section>
  );
}

const PULLS: Record<PullState['status'], string> = { waiting: 'waits', running: 'downloading', done: 'is there', failed: 'failed', cancelled: 'cancelled' };

function PullRow({ one }: { one: PullState }) {
  const runs = one.status === 'running' || one.status === 'waiting';
  const share = one.total_bytes === undefined || one.total_bytes === 0 ? undefined : one.bytes / one.total_bytes;
  return (
    <li>
      <span class="pull-name">
        <strong>{one.files[0] ?? one.source}</strong> <span class="soft small">{one.source}</span>
        {one.problem !== undefined && <small class="warning">{one.problem}</small>}
      </span>
      {one.status === 'running' && <progress max={1} value={share} aria-label={`${one.source} is downloaded`} />}
      <span class="small num">
        {one.status === 'running' && one.total_bytes !== undefined ? `${bytes(one.bytes)} of ${bytes(one.total_bytes)}` : PULLS[one.status]}
      </span>
      {runs && (
        <button type="button" aria-label={`Cancel ${one.source}`} onClick={() => void cancelPull(one.id)}>
          Cancel
        </button>
      )}
    </li>
  );
}

/** Requests that run or wait, by key. */
function Running() {
  const rows = open.value;
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (rows.length === 0) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [rows.length === 0]);
  return (
    <section class="panel">
      <h2>Running requests</h2>
      {rows.length === 0 ? (
        <p class="soft">Nothing runs.</p>
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Running requests">
          <table>
            <thead>
              <tr>
                <th>Key</th>
                <th>Model</th>
                <th>Route</th>
                <th class="num">Prompt</th>
                <th class="num">Cached</th>
                <th class="num">Written</th>
                <th class="num">For</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.request_id}>
                  <th scope="row">{row.key_name}</th>
                  <td>{row.model}</td>
                  <td>{row.endpoint}</td>
                  <td class="num">{row.prompt_tokens === 0 ? 'waits' : count(row.prompt_tokens)}</td>
                  <td class="num">{count(row.cached_tokens)}</td>
                  <td class="num">{count(row.completion_tokens)}</td>
                  <td class="num">{duration(Math.max(0, now - Date.parse(row.time)))}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
