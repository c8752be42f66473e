import { useEffect, useState } from 'preact/hooks';
import { amount, bytes, count, duration } from '../lib/format';
import { Downloads } from './Downloads';
import { Flow } from './Flow';
import { type KeyLoad, type ModelInMemory, move, open, plan, rates, status, type Status } from './state';

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
      <Flow models={now.models} />
      <Running keys={now.keys} />
      <Downloads />
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
  const act = async (way: 'load' | 'unload' | 'pin' | 'unpin') => {
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
      <td class="num actions">
        {model.alias_of === undefined && (
          <>
            <button
              type="button"
              aria-label={`${model.pinned === true ? 'Unpin' : 'Pin'} ${model.id}`}
              title={model.pinned === true ? 'Let it make room for others again' : 'Keep it in memory once it is loaded, until the server ends'}
              disabled={moving}
              onClick={() => void act(model.pinned === true ? 'unpin' : 'pin')}
            >
              {model.pinned === true ? 'Unpin' : 'Pin'}
            </button>
            {loaded ? (
              <button type="button" disabled={moving} aria-label={`Unload ${model.id}`} onClick={() => void act('unload')}>
                {moving ? 'Unloading …' : 'Unload'}
              </button>
            ) : (
              <button type="button" disabled={moving || model.status === 'loading'} aria-label={`Load ${model.id}`} onClick={() => void act('load')}>
                {moving || model.status === 'loading' ? 'Loading …' : 'Load'}
              </button>
            )}
          </>
        )}
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

/** Requests that run or wait, by key. */
function Running({ keys }: { keys: KeyLoad[] }) {
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
      {keys.length > 0 && (
        <ul class="legend loads" aria-label="Requests by key">
          {keys.map((key) => (
            <li key={key.id}>
              <strong>{key.name}</strong> {key.running} running{key.waiting > 0 && <span class="warning">, {key.waiting} waiting</span>}
            </li>
          ))}
        </ul>
      )}
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
