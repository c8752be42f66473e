import { useEffect, useRef, useState } from 'preact/hooks';
import { apiKey, keyIsKept, setKey } from '../lib/key';
import { Dialog } from './Dialog';

/** Asks for the API key. */
export function KeyDialog({ onClose, onKey, admin }: { onClose: () => void; onKey: () => void; admin?: boolean }) {
  const [key, set] = useState(apiKey.value);
  const [keep, setKeep] = useState(keyIsKept());
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  return (
    <Dialog title="API key" onClose={onClose}>
      <form
        class="form"
        method="dialog"
        onSubmit={(e) => {
          e.preventDefault();
          setKey(key, keep);
          onClose();
          onKey();
        }}
      >
        <p class="soft">
          {admin === true ? (
            <>
              Operation needs an administrator’s key. On the server, <code>gufo keys create --name me --admin</code> makes one.
            </>
          ) : (
            <>
              This server answers those who have a key. Whoever runs it makes one, with <code>gufo keys create</code> or under Operation.
            </>
          )}
        </p>
        <label>
          Key
          <input
            type="password"
            ref={field}
            autocomplete="off"
            spellcheck={false}
            value={key}
            placeholder="gufo_…"
            onInput={(e) => set(e.currentTarget.value)}
          />
        </label>
        <label class="check">
          <input type="checkbox" checked={keep} onChange={(e) => setKeep(e.currentTarget.checked)} />
          Keep it in this browser
        </label>
        <p class="soft small">It is sent to this server only. Without the tick it is forgotten when the tab is closed.</p>
        <div class="buttons">
          <button type="submit" class="primary">
            Use this key
          </button>
          {apiKey.value !== '' && (
            <button
              type="button"
              onClick={() => {
                setKey('', false);
                onClose();
                onKey();
              }}
            >
              Forget it
            </button>
          )}
        </div>
      </form>
    </Dialog>
  );
}
