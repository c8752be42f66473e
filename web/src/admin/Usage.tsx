import { useEffect, useRef, useState } from 'preact/hooks';
import { amount, count } from '../lib/format';
import { save } from '../ui/save';
import { usage, usageCsv, type UsageRow } from './state';

const SPANS: [string, string][] = [['24h', 'a day'], ['7d', '7 days'], ['30d', '30 days'], ['90d', '90 days']];
const GROUPS: [string, string][] = [['model', 'by model'], ['key', 'by key'], ['endpoint', 'by route']];

/** What was used, as a plot by day and as a table. */
export function Usage() {
  const [since, setSince] = useState('30d');
  const [by, setBy] = useState('model');
  const [days, setDays] = useState<UsageRow[]>([]);
  const [groups, setGroups] = useState<{ data: UsageRow[]; total: UsageRow } | null>(null);
  const [problem, setProblem] = useState('');
  useEffect(() => {
    let wanted = true;
    Promise.all([usage(since, 'day'), usage(since, by)]).then(
      ([daily, grouped]) => {
        if (!wanted) return;
        setDays(daily.data);
        setGroups(grouped);
        setProblem('');
      },
      (e: Error) => setProblem(e.message),
    );
    return () => {
      wanted = false;
    };
  }, [since, by]);
  const name = (row: UsageRow) => row.model ?? row.key_name ?? row.endpoint ?? '';
  return (
    <section class="panel">
      <header class="panel-head">
        <h2>Usage</h2>
        <label>
          <span class="for-readers">Span</span>
          <select value={since} onChange={(e) => setSince(e.currentTarget.value)}>
            {SPANS.map(([value, text]) => <option key={value} value={value}>{text}</option>)}
          </select>
        </label>
        <label>
          <span class="for-readers">Told apart</span>
          <select value={by} onChange={(e) => setBy(e.currentTarget.value)}>
            {GROUPS.map(([value, text]) => <option key={value} value={value}>{text}</option>)}
          </select>
        </label>
        <button type="button" onClick={() => void usageCsv(since, `day,${by}`).then((text) => save('gufo-usage.csv', text, 'text/csv'), (e: Error) => setProblem(e.message))}>
          CSV
        </button>
      </header>
      {problem !== '' && <p class="warning" role="alert">{problem}</p>}
      {days.length > 0 && <Plot days={days} />}
      {groups !== null && groups.data.length === 0 && <p class="soft">Nothing was used.</p>}
      {groups !== null && groups.data.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label="Usage">
          <table>
            <thead>
              <tr>
                <th>{GROUPS.find(([value]) => value === by)?.[1].replace('by ', '')}</th>
                <th class="num">Requests</th>
                <th class="num">Completed</th>
                <th class="num">Prompt tokens</th>
                <th class="num">of them cached</th>
                <th class="num">Written tokens</th>
              </tr>
            </thead>
            <tbody>
              {groups.data.map((row) => <Line key={name(row)} name={name(row)} row={row} />)}
            </tbody>
            <tfoot>
              <Line name="together" row={groups.total} />
            </tfoot>
          </table>
        </div>
      )}
    </section>
  );
}

function Line({ name, row }: { name: string; row: UsageRow }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td class="num">{count(row.requests)}</td>
      <td class="num">{count(row.completed)}</td>
      <td class="num">{count(row.prompt_tokens)}</td>
      <td class="num">{count(row.cached_tokens)}</td>
      <td class="num">{count(row.completion_tokens)}</td>
    </tr>
  );
}

/** Tokens by day. The plotting library is loaded when there is something to plot. */
function Plot({ days }: { days: UsageRow[] }) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = host.current;
    if (element === null) return undefined;
    let plot: { destroy(): void; setSize(size: { width: number; height: number }): void } | null = null;
    let over = false;
    const resized = new ResizeObserver(() => plot?.setSize({ width: element.clientWidth, height: 220 }));
    void import('./plot').then(({ draw }) => {
      if (over) return;
      plot = draw(element, days);
      resized.observe(element);
    });
    return () => {
      over = true;
      resized.disconnect();
      plot?.destroy();
    };
  }, [days]);
  const all = days.reduce((sum, day) => sum + day.prompt_tokens + day.completion_tokens, 0);
  return (
    <figure class="plot">
      <div ref={host} role="img" aria-label={`Tokens by day: ${amount(all)} in ${days.length} days; the table below has the sums`} />
      <figcaption class="small soft">
        <span class="swatch prompt" /> prompt tokens <span class="swatch written" /> written tokens, by day (UTC)
      </figcaption>
    </figure>
  );
}
