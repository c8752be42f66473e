import { useEffect, useRef, useState } from 'preact/hooks';
import { when } from '../lib/format';
import { Icon, Owl } from '../ui/Icon';
import { save } from '../ui/save';
import { drawer, openDialog } from './App';
import { focusComposer } from './Composer';
import { asksForKey, begin, conversations, current, exportText, find, importText, open, remove, removeAll, rename } from './state';

let searchField: HTMLInputElement | null = null;

export function focusSearch(): void {
  searchField?.focus();
}

/** The conversations of this browser. */
export function Sidebar() {
  const [query, setQuery] = useState('');
  const [found, setFound] = useState<Set<string> | null>(null);
  const [told, setTold] = useState('');
  const file = useRef<HTMLInputElement>(null);
  const all = conversations.value;
  useEffect(() => {
    let wanted = true;
    const timer = setTimeout(() => {
      find(query).then((ids) => {
        if (wanted) setFound(ids);
      }, () => setFound(new Set()));
    }, 150);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [query, all]);
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (drawer.value && document.activeElement !== searchField) first.current?.focus();
  }, [drawer.value]);
  const shown = found === null ? all : all.filter((one) => found.has(one.id));
  const take = async (input: HTMLInputElement) => {
    const chosen = input.files?.[0];
    input.value = '';
    if (chosen === undefined) return;
    try {
      const n = await importText(await chosen.text());
      setTold(n === 1 ? 'One conversation was imported.' : `${n} conversations were imported.`);
    } catch (e) {
      setTold(`Nothing was imported. ${(e as Error).message}`);
    }
  };
  return (
    <nav class="sidebar" aria-label="Conversations">
      <header>
        <Owl />
        <strong>Gufo</strong>
        <span class="spring" />
        <button type="button" class="quiet icon only-narrow" aria-label="Close the list" onClick={() => { drawer.value = false; }}>
          <Icon name="close" />
        </button>
      </header>
      <button
        type="button"
        class="new-chat"
        ref={first}
        onClick={() => {
          begin();
          drawer.value = false;
          focusComposer();
        }}
      >
        <Icon name="plus" /> New chat
      </button>
      <label class="search">
        <span class="for-readers">Search conversations</span>
        <Icon name="search" />
        <input
          type="search"
          ref={(field) => { searchField = field; }}
          placeholder="Search"
          value={query}
          onInput={(e) => setQuery(e.currentTarget.value)}
        />
      </label>
      <ul class="conversations">
        {shown.map((one) => (
          <Entry key={one.id} id={one.id} title={one.title} updated={one.updated} chosen={current.value?.id === one.id} />
        ))}
        {shown.length === 0 && <li class="soft small pad">{query === '' ? 'Conversations appear here. They stay in this browser.' : 'Nothing was found.'}</li>}
      </ul>
      <footer>
        <a class="row" href="admin">
          <Icon name="gauge" /> Operation
        </a>
        <button type="button" class="row" onClick={() => { openDialog.value = 'connect'; }}>
          <Icon name="code" /> Use it from code
        </button>
        <button type="button" class="row" onClick={() => { asksForKey.value = true; }}>
          <Icon name="key" /> API key
        </button>
        <button type="button" class="row" onClick={() => { openDialog.value = 'help'; }}>
          <Icon name="help" /> Keys and help
        </button>
        <details class="more">
          <summary class="row">
            <Icon name="dots" /> All conversations
          </summary>
          <button type="button" class="row" onClick={() => void exportText().then((text) => save('gufo-conversations.json', text))}>
            Export to a file
          </button>
          <button type="button" class="row" onClick={() => file.current?.click()}>
            Import from a file
          </button>
          <input ref={file} type="file" accept="application/json,.json" hidden aria-label="File with conversations" onChange={(e) => void take(e.currentTarget)} />
          <button type="button" class="row danger" onClick={() => { if (confirm('Delete all conversations of this browser?')) void removeAll(); }}>
            Delete all
          </button>
        </details>
        {told !== '' && <p class="soft small pad" role="status">{told}</p>}
      </footer>
    </nav>
  );
}

function Entry({ id, title, updated, chosen }: { id: string; title: string; updated: number; chosen: boolean }) {
  const [editing, setEditing] = useState(false);
  if (editing) {
    return (
      <li>
        <input
          class="rename"
          aria-label="Title"
          value={title}
          ref={(field) => field?.focus()}
          onBlur={(e) => { rename(id, e.currentTarget.value); setEditing(false); }}
          onKeyDown={(e) => {
            if (e.key === 'Enter') e.currentTarget.blur();
            if (e.key === 'Escape') setEditing(false);
          }}
        />
      </li>
    );
  }
  return (
    <li class={chosen ? 'chosen' : ''}>
      <button
        type="button"
        class="entry"
        aria-current={chosen ? 'true' : undefined}
        onClick={() => {
          void open(id);
          drawer.value = false;
        }}
      >
        <span class="entry-title">{title}</span>
        <time>{when(updated)}</time>
      </button>
      <span class="entry-tools">
        <button type="button" class="quiet icon" title="Rename" aria-label={`Rename ${title}`} onClick={() => setEditing(true)}>
          <Icon name="edit" />
        </button>
        <button type="button" class="quiet icon" title="Export" aria-label={`Export ${title}`} onClick={() => void exportText(id).then((text) => save(`${fileName(title)}.json`, text))}>
          <Icon name="share" />
        </button>
        <button type="button" class="quiet icon" title="Delete" aria-label={`Delete ${title}`} onClick={() => { if (confirm(`Delete “${title}”?`)) void remove(id); }}>
          <Icon name="bin" />
        </button>
      </span>
    </li>
  );
}

function fileName(title: string): string {
  return title.replace(/[^\p{L}\p{N} _-]/gu, '').trim().slice(0, 60) || 'conversation';
}
