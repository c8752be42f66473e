import { endpoint } from '../lib/api';
import { bytes } from '../lib/format';
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
      <Connect base={endpoint('')} model={model.value?.id ?? 'MODEL'} />
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
      <p>
        Gufo runs any GGUF file that its llama.cpp runs. On the server, download one from Hugging Face, see what memory it would take, and chat: a running server notices it, and nothing has to be started again.
      </p>
      <Code text={'gufo pull hf:OWNER/REPO:Q4_K_M\ngufo models\ngufo plan MODEL'} language="bash" closed />
      <p class="soft small">
        A rule of thumb: a model takes the size of its file, and memory for its context on top. What fits this machine is told under <a href="admin">Operation</a>, for administrators.
      </p>
    </Dialog>
  );
}
