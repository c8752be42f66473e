import { useEffect, useState } from 'preact/hooks';
import { count, when } from '../lib/format';
import { CopyButton } from '../ui/CopyButton';
import { Dialog } from '../ui/Dialog';
import { createKey, type Key, keys as fetchKeys, revokeKey } from './state';

const LIMITS: [string, string][] = [
  ['requests_per_minute', 'Requests a minute'],
  ['tokens_per_minute', 'Tokens a minute'],
  ['tokens_per_day', 'Tokens a day'],
  ['tokens_per_month', 'Tokens a month'],
  ['concurrent_requests', 'Requests at once'],
  ['max_tokens', 'Tokens of an answer'],
];

/** The keys of the database: made, shown once, revoked. */
export function Keys() {
  const [all, setAll] = useState<Key[] | null>(null);
  const [problem, setProblem] = useState('');
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<Key | null>(null);
  const [revoked, setRevoked] = useState(false);
  const look = () => {
    fetchKeys().then(setAll, (e: Error) => setProblem(e.message));
  };
  useEffect(look, []);
  const revoke = async (key: Key) => {
    if (!confirm(`Revoke “${key.name}”? Its clients are refused from now on.`)) return;
    try {
      await revokeKey(key.id);
    } catch (e) {
      setProblem((e as Error).message);
    }
    look();
  };
  const shown = (all ?? []).filter((key) => revoked || key.revoked_at === null);
  return (
    <section class="panel">
      <header class="panel-head">
        <h2>Keys</h2>
        <label class="check">
          <input type="checkbox" checked={revoked} onChange={(e) => setRevoked(e.currentTarget.checked)} />
          revoked ones too
        </label>
        <button type="button" class="primary" onClick={() => setMaking(true)}>Make a key</button>
      </header>
      {problem !== '' && <p class="warning" role="alert">{problem}</p>}
      {shown.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label="Keys">
          <table>
            <thead>
              <tr>
                <th>Name</th>
                <th>Key</th>
                <th>Owner</th>
                <th>Models</th>
                <th>Limits</th>
                <th>Used last</th>
                <th>Until</th>
                <th>
                  <span class="for-readers">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.map((key) => (
                <tr key={key.id} class={key.revoked_at === null ? '' : 'gone'}>
                  <th scope="row">
                    {key.name}
                    {key.admin && <small class="tag">administrator</small>}
                    {key.disabled && <small class="tag">disabled</small>}
                  </th>
                  <td>
                    <code>{key.prefix}…</code>
                  </td>
                  <td>{key.owner}</td>
                  <td>{key.models.length === 0 ? 'all' : key.models.join(', ')}</td>
                  <td>
                    {Object.entries(key.limits).map(([name, value]) => (
                      <small key={name} class="limit">
                        {name.replaceAll('_', ' ')}: {typeof value === 'number' ? count(value) : value}
                      </small>
                    ))}
                    {Object.keys(key.limits).length === 0 && 'the server’s'}
                  </td>
                  <td>{key.last_used_at === null ? 'never' : when(key.last_used_at * 1000)}</td>
                  <td>{key.revoked_at !== null ? `revoked ${when(key.revoked_at * 1000)}` : key.expires_at === null ? 'for good' : when(key.expires_at * 1000)}</td>
                  <td class="num">
                    {key.revoked_at === null && (
                      <button type="button" class="danger" aria-label={`Revoke ${key.name}`} onClick={() => void revoke(key)}>Revoke</button>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {making && (
        <Making
          onClose={() => setMaking(false)}
          onMade={(key) => {
            setMaking(false);
            setMade(key);
            look();
          }}
        />
      )}
      {made !== null && (
        <Dialog title="Your new key" onClose={() => setMade(null)}>
          <p>
            This is the key of <strong>{made.name}</strong>. It is shown this once: copy it now. The server keeps a hash of it only.
          </p>
          <p class="secret">
            <code>{made.key}</code>
            <CopyButton text={made.key ?? ''} label="Copy the key" words="Copy" />
          </p>
        </Dialog>
      )}
    </section>
  );
}

function Making({ onClose, onMade }: { onClose: () => void; onMade: (key: Key) => void }) {
  const [problem, setProblem] = useState('');
  const make = async (form: HTMLFormElement) => {
    const data = new FormData(form);
    const word = (name: string) => String(data.get(name) ?? '').trim();
    const wish: Record<string, unknown> = { name: word('name') };
    if (word('owner') !== '') wish.owner = word('owner');
    if (word('models') !== '') wish.models = word('models').split(/[\s,]+/);
    if (word('expires') !== '') wish.expires_at = `${word('expires')}T23:59:59Z`;
    if (data.get('admin') !== null) wish.admin = true;
    const limits = Object.fromEntries(LIMITS.map(([name]) => [name, Number(word(name))]).filter(([, value]) => Number(value) > 0));
    if (Object.keys(limits).length > 0) wish.limits = limits;
    try {
      onMade(await createKey(wish));
    } catch (e) {
      setProblem((e as Error).message);
    }
  };
  return (
    <Dialog title="Make a key" onClose={onClose}>
      <form
        class="form"
        onSubmit={(e) => {
          e.preventDefault();
          void make(e.currentTarget);
        }}
      >
        <label>
          Name
          <input name="name" required maxLength={100} placeholder="laptop" autocomplete="off" />
        </label>
        <div class="numbers">
          <label>
            Owner
            <input name="owner" maxLength={100} autocomplete="off" />
          </label>
          <label>
            Valid until
            <input name="expires" type="date" />
          </label>
        </div>
        <label>
          Models
          <input name="models" placeholder="all; or names such as qwen* with spaces between" autocomplete="off" />
        </label>
        <fieldset>
          <legend>Limits</legend>
          <div class="numbers">
            {LIMITS.map(([name, label]) => (
              <label key={name}>
                {label}
                <input name={name} type="number" min={1} step={1} placeholder="the server’s" />
              </label>
            ))}
          </div>
        </fieldset>
        <label class="check">
          <input type="checkbox" name="admin" />
          Administrator: may load models and make keys
        </label>
        {problem !== '' && <p class="warning" role="alert">{problem}</p>}
        <div class="buttons">
          <button type="submit" class="primary">Make it</button>
          <button type="button" onClick={onClose}>Cancel</button>
        </div>
      </form>
    </Dialog>
  );
}
