import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Icon } from '../ui/Icon';
import { KeyDialog } from '../ui/KeyDialog';
import { ThemeButton } from '../ui/ThemeButton';
import { Composer, focusComposer } from './Composer';
import { HelpDialog } from './HelpDialog';
import { Messages } from './Messages';
import { ModelPicker } from './ModelPicker';
import { SettingsDialog } from './SettingsDialog';
import { focusSearch, Sidebar } from './Sidebar';
import { announcement, asksForKey, begin, current, live, loadModels, path, stop } from './state';
import { ConnectDialog, ModelsDialog } from './StartDialogs';
import { Welcome } from './Welcome';

/** Whether the list of conversations is drawn over a narrow page, and which window is open. */
export const drawer = signal(false);
export const openDialog = signal<'settings' | 'help' | 'connect' | 'models' | null>(null);

export function App() {
  useEffect(() => {
    const onKey = (e: KeyboardEvent) => shortcut(e);
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  const title = current.value?.title ?? 'New chat';
  useEffect(() => {
    document.title = current.value === null ? 'Gufo' : `${title} · Gufo`;
  }, [title]);
  return (
    <div class={`chat-page${drawer.value ? ' drawer-open' : ''}`}>
      <a class="skip" href="#composer" onClick={(e) => { e.preventDefault(); focusComposer(); }}>
        Skip to the message
      </a>
      <Sidebar />
      {drawer.value && <button type="button" class="veil" aria-label="Close the list of conversations" onClick={() => { drawer.value = false; }} />}
      <main>
        <header class="bar">
          <button type="button" class="quiet icon only-narrow" aria-label="Conversations" aria-expanded={drawer.value} onClick={() => { drawer.value = true; }}>
            <Icon name="menu" />
          </button>
          <ModelPicker />
          <h1 class="for-readers">{title}</h1>
          <span class="spring" />
          <button type="button" class="quiet icon" title="Settings of this conversation" aria-label="Settings of this conversation" onClick={() => { openDialog.value = 'settings'; }}>
            <Icon name="sliders" />
          </button>
          <ThemeButton />
        </header>
        {path.value.length === 0 ? <Welcome /> : <Messages />}
        <Composer />
      </main>
      <div class="for-readers" role="status" aria-live="polite">
        {announcement.value}
      </div>
      {openDialog.value === 'settings' && <SettingsDialog />}
      {openDialog.value === 'help' && <HelpDialog />}
      {openDialog.value === 'connect' && <ConnectDialog />}
      {openDialog.value === 'models' && <ModelsDialog />}
      {asksForKey.value && (
        <KeyDialog
          onClose={() => { asksForKey.value = false; }}
          onKey={() => void loadModels()}
        />
      )}
    </div>
  );
}

function shortcut(e: KeyboardEvent): void {
  if (document.querySelector('dialog[open]') !== null) return;
  const control = e.ctrlKey || e.metaKey;
  if (e.key === 'Escape' && live.value !== null) {
    stop();
    e.preventDefault();
  } else if (e.key === 'Escape' && drawer.value) {
    drawer.value = false;
  } else if (control && e.shiftKey && e.key.toLowerCase() === 'o') {
    begin();
    focusComposer();
    e.preventDefault();
  } else if (control && !e.shiftKey && e.key.toLowerCase() === 'k') {
    drawer.value = true;
    requestAnimationFrame(focusSearch);
    e.preventDefault();
  } else if (control && e.key === ',') {
    openDialog.value = 'settings';
    e.preventDefault();
  } else if (e.key === '?' && !typing(e.target)) {
    openDialog.value = 'help';
    e.preventDefault();
  } else if (e.key === '/' && !typing(e.target) && !control) {
    focusComposer();
    e.preventDefault();
  }
}

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.tagName === 'INPUT' || target.tagName === 'TEXTAREA' || target.isContentEditable);
}
