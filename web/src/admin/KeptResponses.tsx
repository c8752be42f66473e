import { useState } from 'preact/hooks';
import { ApiError } from '../lib/failure';
import { bytes, count, plural, when } from '../lib/format';
import { useFresh } from './fresh';
import { cancelResponse, deleteResponse, type Kept, keptResponses } from './state';

const STEP = 20;

/** Everyone's kept responses, without what they say: how many, whose, and those that are still made in the background. */
export function KeptResponses() {
  const [kept, setKept] = useState<Kept | null>(null);
  const [limit, setLimit] = useState(STEP);
  const [unfinished, setUnfinished] = useState(false);
  const [problem, setProblem] = useState('');
  const [off, setOff] = useState(false);
  const look = async () => {
    try {
      setKept(await keptResponses(unfinished, limit));
      setProblem('');
    } catch (e) {
      setOff(e instanceof ApiError && e.failure.status === 404);
      setProblem((e as Error).message);
    }
  };
  useFresh(look, [unfinished, limit], kept?.data.some((one) => one.unfinished) === true);
  const act = (what: Promise<void>) => {
    what.then(look, (e: Error) => setProblem(e.message));
  };
  if (off) {
    return (
      <section class="panel">
        <h2>Kept responses</h2>
        <p class="soft">This server keeps none (<code>--responses-store off</code>).</p>
      </section>
    );
  }
  return (
    <section class="panel">
      <header class="panel-head">
        <h2>Kept responses</h2>
        <label class="check">
          <input type="checkbox" checked={unfinished} onChange={(e) => setUnfinished(e.currentTarget.checked)} />
          only those that are still made
        </label>
      </header>
      {problem !== '' && <p class="warning" role="alert">{problem}</p>}
      {kept !== null && <Totals totals={kept.totals} />}
      {kept !== null && kept.data.length === 0 && <p class="soft">{unfinished ? 'None is being made in the background.' : 'There are none.'}</p>}
      {kept !== null && kept.data.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label="Kept responses">
          <table>
            <thead>
              <tr>
                <th>Response</th>
                <th>Key</th>
                <th>Model</th>
                <th>State</th>
                <th class="num">Size</th>
                <th>When</th>
                <th>
                  <span class="for-readers">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {kept.data.map((one) => (
                <tr key={one.id}>
                  <th scope="row">
                    <code>{one.id}</code>
                  </th>
                  <td>{one.key_name}</td>
                  <td>{one.model}</td>
                  <td>
                    <span class={one.status === 'failed' ? 'warning' : ''}>{one.status.replace('_', ' ')}</span>
                  </td>
                  <td class="num">{bytes(one.bytes)}</td>
                  <td>{when(one.created_at * 1000)}</td>
                  <td class="num actions">
                    {one.unfinished && (
                      <button type="button" aria-label={`Cancel ${one.id}`} onClick={() => act(cancelResponse(one.id))}>
                        Cancel
                      </button>
                    )}
                    <button
                      type="button"
                      class="danger"
                      aria-label={`Delete ${one.id}`}
                      onClick={() => {
                        if (confirm(`Delete this response of ${one.key_name}? Nothing can go on with it then.`)) act(deleteResponse(one.id));
                      }}
                    >
                      Delete
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {kept?.has_more === true && limit < 100 && (
        <div class="buttons">
          <button type="button" onClick={() => setLimit(Math.min(100, limit + STEP))}>Show more</button>
        </div>
      )}
    </section>
  );
}

function Totals({ totals }: { totals: Kept['totals'] }) {
  const days = totals.retention_seconds / 86_400;
  return (
    <p class="soft">
      {plural(totals.responses, 'response')} ({bytes(totals.response_bytes)}) and {plural(totals.conversations, 'conversation')} ({bytes(totals.conversation_bytes)}) of{' '}
      {bytes(totals.most_bytes)}; {totals.unfinished === 0 ? 'none' : count(totals.unfinished)} still made in the background.{' '}
      {days === 0 ? 'They are kept until they are too many.' : `What is older than ${days >= 1 ? plural(Math.round(days), 'day') : plural(Math.round(days * 24), 'hour')} is deleted.`}
    </p>
  );
}
