import { useState } from 'preact/hooks';
import { amount, count, when } from '../lib/format';
import { save } from '../ui/save';
import { useFresh } from './fresh';
import { batches, batchResults, cancelBatch, open, type OwnedBatch } from './state';

const STATES: Record<OwnedBatch['batch']['status'], string> = {
  validating: 'is checked', in_progress: 'runs', finalizing: 'is finished', cancelling: 'is cancelled',
  completed: 'completed', failed: 'failed', expired: 'expired', cancelled: 'cancelled',
};
const ENDED = ['completed', 'failed', 'expired', 'cancelled'];
const STEP = 20;

/** Everyone's batches: how far each is, what of it runs, stopping it, and what has come of it. */
export function Batches() {
  const [all, setAll] = useState<OwnedBatch[] | null>(null);
  const [more, setMore] = useState(false);
  const [limit, setLimit] = useState(STEP);
  const [state, setState] = useState('');
  const [problem, setProblem] = useState('');
  const look = async () => {
    try {
      const page = await batches(state, limit);
      setAll(page.data);
      setMore(page.has_more && limit < 100);
      setProblem('');
    } catch (e) {
      setProblem((e as Error).message);
    }
  };
  useFresh(look, [state, limit], (all ?? []).some(({ batch }) => !ENDED.includes(batch.status)));
  const act = (what: Promise<void>) => {
    what.then(look, (e: Error) => setProblem(e.message));
  };
  return (
    <section class="panel">
      <header class="panel-head">
        <h2>Batches</h2>
        <label>
          <span class="for-readers">Which ones</span>
          <select value={state} onChange={(e) => setState(e.currentTarget.value)}>
            <option value="">all</option>
            <option value="open">not ended</option>
            {ENDED.map((word) => <option key={word} value={word}>{word}</option>)}
          </select>
        </label>
      </header>
      {problem !== '' && <p class="warning" role="alert">{problem}</p>}
      {all !== null && all.length === 0 && <p class="soft">There are none.</p>}
      {all !== null && all.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label="Batches">
          <table>
            <thead>
              <tr>
                <th>Batch</th>
                <th>Key</th>
                <th>Model</th>
                <th>Route</th>
                <th>State</th>
                <th class="num">Done</th>
                <th class="num">Failed</th>
                <th class="num">Running</th>
                <th class="num">Tokens</th>
                <th>Made</th>
                <th>Until</th>
                <th>
                  <span class="for-readers">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {all.map((one) => <BatchRow key={one.batch.id} one={one} act={act} onProblem={setProblem} />)}
            </tbody>
          </table>
        </div>
      )}
      {more && (
        <div class="buttons">
          <button type="button" onClick={() => setLimit(Math.min(100, limit + STEP))}>Show more</button>
        </div>
      )}
    </section>
  );
}

/** Lines of a batch that run now, by the names of their requests in the ledger. */
function running(id: string): number {
  const prefix = `batch_req_${id.slice(id.indexOf('_') + 1)}_`;
  return open.value.filter((row) => row.request_id.startsWith(prefix)).length;
}

function BatchRow({ one, act, onProblem }: { one: OwnedBatch; act: (what: Promise<void>) => void; onProblem: (text: string) => void }) {
  const { batch } = one;
  const { total, completed, failed } = batch.request_counts;
  const ended = ENDED.includes(batch.status);
  const wrong = batch.errors?.data[0];
  const download = (outcome: 'completed' | 'failed') => {
    batchResults(batch.id, outcome).then(
      (text) => save(`${batch.id}-${outcome}.jsonl`, text, 'application/jsonl'),
      (e: Error) => onProblem(e.message),
    );
  };
  return (
    <tr>
      <th scope="row">
        <code>{batch.id}</code>
        {wrong !== undefined && <small class="warning">{wrong.line === null ? wrong.message : `Line ${wrong.line}: ${wrong.message}`}</small>}
      </th>
      <td>{one.key_name}</td>
      <td>{batch.model ?? (total > 0 ? 'several' : '–')}</td>
      <td>{batch.endpoint.replace('/v1/', '')}</td>
      <td>
        <span class={batch.status === 'failed' || batch.status === 'expired' ? 'warning' : ''}>{STATES[batch.status]}</span>
        {!ended && total > 0 && <progress max={total} value={completed + failed} aria-label={`${batch.id}: lines that are done`} />}
      </td>
      <td class="num">
        {count(completed)} of {count(total)}
      </td>
      <td class="num">{count(failed)}</td>
      <td class="num">{ended ? '–' : count(running(batch.id))}</td>
      <td class="num">{amount(batch.usage.total_tokens)}</td>
      <td>{when(batch.created_at * 1000)}</td>
      <td>{when(batch.expires_at * 1000)}</td>
      <td class="num actions">
        {completed > 0 && <button type="button" aria-label={`Save the results of ${batch.id}`} onClick={() => download('completed')}>Results</button>}
        {failed > 0 && <button type="button" aria-label={`Save the errors of ${batch.id}`} onClick={() => download('failed')}>Errors</button>}
        {!ended && batch.status !== 'cancelling' && (
          <button
            type="button"
            class="danger"
            aria-label={`Cancel ${batch.id}`}
            onClick={() => {
              if (confirm(`Cancel this batch of ${one.key_name}? Lines that are done stay done.`)) act(cancelBatch(batch.id));
            }}
          >
            Cancel
          </button>
        )}
      </td>
    </tr>
  );
}
