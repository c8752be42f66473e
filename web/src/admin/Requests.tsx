import { useEffect, useState } from 'preact/hooks';
import { count, duration, when } from '../lib/format';
import { lastRequests, type Row, status } from './state';

/** The last rows of the ledger: who asked for what, and how it went. No content. */
export function Requests() {
  const [rows, setRows] = useState<Row[] | null>(null);
  const [model, setModel] = useState('');
  const [state, setState] = useState('');
  const [problem, setProblem] = useState('');
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const query = new URLSearchParams({ limit: '100' });
    if (model !== '') query.set('model', model);
    if (state !== '') query.set('status', state);
    lastRequests(`?${query}`).then(
      (all) => {
        setRows(all);
        setProblem('');
      },
      (e: Error) => setProblem(e.message),
    );
  }, [model, state, turn]);
  return (
    <section class="panel">
      <header class="panel-head">
        <h2>Last requests</h2>
        <label>
          <span class="for-readers">Model</span>
          <select value={model} onChange={(e) => setModel(e.currentTarget.value)}>
            <option value="">all models</option>
            {status.value?.models.map(({ id }) => <option key={id}>{id}</option>)}
          </select>
        </label>
        <label>
          <span class="for-readers">How they ended</span>
          <select value={state} onChange={(e) => setState(e.currentTarget.value)}>
            <option value="">however they ended</option>
            {['open', 'completed', 'cancelled', 'refused', 'failed', 'server_died'].map((word) => (
              <option key={word} value={word}>{word.replace('_', ' ')}</option>
            ))}
          </select>
        </label>
        <button type="button" onClick={() => setTurn(turn + 1)}>Look again</button>
      </header>
      {problem !== '' && <p class="warning" role="alert">{problem}</p>}
      {rows !== null && rows.length === 0 && <p class="soft">There are none.</p>}
      {rows !== null && rows.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label="Last requests">
          <table>
            <thead>
              <tr>
                <th>When</th>
                <th>Key</th>
                <th>Model</th>
                <th>Route</th>
                <th>Ended</th>
                <th class="num">Prompt</th>
                <th class="num">Cached</th>
                <th class="num">Written</th>
                <th class="num">Waited</th>
                <th class="num">First token</th>
                <th class="num">Tokens/s</th>
                <th class="num">Total</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.request_id + row.time} title={row.request_id}>
                  <td>{when(Date.parse(row.time))}</td>
                  <th scope="row">{row.key_name}</th>
                  <td>{row.model}</td>
                  <td>{row.endpoint.replace('/v1/', '')}</td>
                  <td>
                    <span class={row.status === 'failed' || row.status === 'server_died' || row.status === 'refused' ? 'warning' : ''}>
                      {row.status === 'completed' ? row.finish_reason || 'completed' : row.status.replace('_', ' ')}
                    </span>
                  </td>
                  <td class="num">{count(row.prompt_tokens)}</td>
                  <td class="num">{count(row.cached_tokens)}</td>
                  <td class="num">{count(row.completion_tokens)}</td>
                  <td class="num">{duration(row.queue_ms)}</td>
                  <td class="num">{row.ttft_ms === null ? '–' : duration(row.ttft_ms)}</td>
                  <td class="num">{row.decode_ms > 0 && row.completion_tokens > 1 ? (((row.completion_tokens - 1) * 1000) / row.decode_ms).toFixed(1) : '–'}</td>
                  <td class="num">{row.total_ms === null ? '–' : duration(row.total_ms)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
