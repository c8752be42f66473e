import { useState } from 'preact/hooks';
import { bytes, count } from '../lib/format';
import { FITS, need } from '../ui/catalog';
import { cancelPull, catalog, pull, type PullState, status } from './state';

/** Downloads, and how large another model may be. */
export function Downloads() {
  const [source, setSource] = useState('');
  const [problem, setProblem] = useState('');
  const rooms = Object.entries(status.value?.memory ?? {});
  const begin = async (wanted: string) => {
    const wrong = await pull(wanted.trim());
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
      <Catalog onWanted={(wanted) => void begin(wanted)} />
      <form
        class="pull"
        onSubmit={(e) => {
          e.preventDefault();
          void begin(source);
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

/** Models that are worth a download, with what they take; those that don't fit are shown when they are asked for. */
function Catalog({ onWanted }: { onWanted: (source: string) => void }) {
  const [all, setAll] = useState(false);
  const entries = catalog.value;
  const shown = entries.filter((one) => all || one.fits !== 'no' || one.there);
  const busy = (source: string) => status.value?.pulls.some((one) => one.source === source && (one.status === 'waiting' || one.status === 'running')) === true;
  if (entries.length === 0) return null;
  return (
    <>
      {shown.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label="Models to download">
          <table>
            <thead>
              <tr>
                <th>Model</th>
                <th>For</th>
                <th class="num">File</th>
                <th class="num">Takes about</th>
                <th>Fits</th>
                <th>
                  <span class="for-readers">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.map((one) => (
                <tr key={one.source}>
                  <th scope="row">
                    {one.name}
                    <small class="soft">
                      {one.parameters} parameters · {one.license}
                    </small>
                  </th>
                  <td>{one.use}</td>
                  <td class="num">{bytes(one.size_bytes)}</td>
                  <td class="num" title={need(one)}>
                    {bytes(one.memory_bytes)}
                    <small class="fits">with {count(one.context_tokens)} tokens</small>
                  </td>
                  <td>
                    <span class={one.fits === 'no' ? 'warning' : ''}>{FITS[one.fits]}</span>
                    {one.fits !== 'no' && one.fits_now !== one.fits && <small class="fits">now: {FITS[one.fits_now]}</small>}
                  </td>
                  <td class="num">
                    {one.there ? (
                      <span class="soft">is there</span>
                    ) : (
                      <button type="button" aria-label={`Download ${one.name}`} disabled={busy(one.source)} onClick={() => onWanted(one.source)}>
                        {busy(one.source) ? 'Downloading …' : 'Download'}
                      </button>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <p class="soft small">
        What a model takes is estimated: its file, a cache of so many tokens, and {bytes(entries[0]?.buffer_bytes ?? 0)} for buffers.{' '}
        {shown.length < entries.length || all ? (
          <button type="button" class="quiet" aria-pressed={all} onClick={() => setAll(!all)}>
            {all ? 'Only what fits' : `Show ${entries.length - shown.length} that are too large`}
          </button>
        ) : null}
      </p>
    </>
  );
}
