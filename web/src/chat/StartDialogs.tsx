import { useEffect, useState } from 'preact/hooks';
import { type CatalogEntry, endpoint, getJson } from '../lib/api';
import { bytes } from '../lib/format';
import { FITS, need } from '../ui/catalog';
import { CopyButton } from '../ui/CopyButton';
import { Code } from '../markdown/Markdown';
import { Connect } from '../ui/Connect';
import { Dialog } from '../ui/Dialog';
import { openDialog } from './App';
import { changeSettings, chatModels, model } from './state';

const close = () => {
  openDialog.value = null;
};

/** How code and agents use this server. */
export function ConnectDialog() {
  return (
    <Dialog title="Use it from code and agents" wide onClose={close}>
      <Connect base={endpoint('')} model={model.value?.id ?? 'MODEL'} from="v1/connect" />
      <p class="soft small">
        Every route, with a page to try requests: <a href="docs">docs</a>.
      </p>
    </Dialog>
  );
}

/** Which other models there are, and how to get more. */
export function ModelsDialog() {
  const others = chatModels.value.filter((one) => one.id !== model.value?.id);
  return (
    <Dialog title="Other models" wide onClose={close}>
      {others.length > 0 && (
        <>
          <p class="soft">These lie in the models folder. One that is not loaded is loaded when it is asked.</p>
          <ul class="plain-list">
            {others.map((one) => (
              <li key={one.id}>
                <button
                  type="button"
                  onClick={() => {
                    changeSettings({ model: one.id });
                    close();
                  }}
                >
                  {one.id}
                </button>{' '}
                <span class="soft small">{one.size_bytes === undefined ? one.status : bytes(one.size_bytes)}</span>
              </li>
            ))}
          </ul>
        </>
      )}
      <Suggestions />
      <p>
        Gufo runs any GGUF file that its llama.cpp runs. On the server, download one from Hugging Face, see what memory it would take, and chat: a running server notices it, and nothing has to be started again.
      </p>
      <Code text={'gufo pull hf:OWNER/REPO:Q4_K_M\ngufo models\ngufo plan MODEL'} language="bash" closed />
      <p class="soft small">
        Administrators download models under <a href="admin">Operation</a>, with a button.
      </p>
    </Dialog>
  );
}

/** Models to chat with that would fit this machine, and the command that downloads them. */
function Suggestions() {
  const [all, setAll] = useState<CatalogEntry[]>([]);
  useEffect(() => {
    const controller = new AbortController();
    getJson<{ data: CatalogEntry[] }>('v1/catalog', controller.signal).then(({ data }) => setAll(data), () => {}); // the rest helps without it
    return () => controller.abort();
  }, []);
  const fitting = all.filter((one) => one.fits !== 'no' && !one.there && (one.use === 'chat' || one.use === 'code'));
  if (all.length === 0) return null;
  if (fitting.length === 0) return <p class="soft">None of the models that Gufo suggests would fit this machine.</p>;
  return (
    <>
      <p class="soft">These would fit this machine. A button copies the command that downloads one, to be typed on the server.</p>
      <ul class="plain-list" aria-label="Models that would fit">
        {fitting.map((one) => (
          <li key={one.source} class="suggestion">
            <span>
              <strong>{one.name}</strong>{' '}
              <span class="soft small" title={need(one)}>
                {one.use === 'code' ? 'for code, ' : ''}file {bytes(one.size_bytes)}, takes about {bytes(one.memory_bytes)}, fits {FITS[one.fits]}
              </span>
            </span>
            <CopyButton text={`gufo pull ${one.source}`} label={`Copy the command for ${one.name}`} words="Copy command" />
          </li>
        ))}
      </ul>
    </>
  );
}
