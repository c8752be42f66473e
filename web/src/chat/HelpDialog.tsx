import { Dialog } from '../ui/Dialog';
import { openDialog } from './App';

const KEYS: [string, string][] = [
  ['Enter', 'send'],
  ['Shift + Enter', 'a new line'],
  ['Esc', 'stop the answer'],
  ['↑ in an empty message', 'edit the last message'],
  ['/', 'go to the message'],
  ['Ctrl + Shift + O', 'new chat'],
  ['Ctrl + K', 'search conversations'],
  ['Ctrl + ,', 'settings of the conversation'],
  ['?', 'this help'],
];

export function HelpDialog() {
  return (
    <Dialog title="Keys" onClose={() => { openDialog.value = null; }}>
      <dl class="keys">
        {KEYS.map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <p class="soft small">
        Conversations are kept in this browser and nowhere else. What they need is sent to this server with each message. The API is
        described in <a href="docs">docs</a>. <a href="web/licenses.txt">Licences</a> of the parts of this page.
      </p>
    </Dialog>
  );
}
