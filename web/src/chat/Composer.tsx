import { signal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { bytes, count } from '../lib/format';
import { textOf } from '../ui/files';
import { Icon } from '../ui/Icon';
import { liveId, model, path, send, stop } from './state';
import type { TextFile } from './types';

/** What is being written; kept while conversations are looked at. */
export const draft = signal('');
/** The message that is to be edited, told by its id. */
export const editing = signal<string | null>(null);

let field: HTMLTextAreaElement | null = null;

export function focusComposer(): void {
  field?.focus();
}

export function Composer() {
  const [files, setFiles] = useState<TextFile[]>([]);
  const [problem, setProblem] = useState('');
  const [over, setOver] = useState(false);
  const chooser = useRef<HTMLInputElement>(null);
  const busy = liveId.value !== null;

  useLayoutEffect(() => grow(field), [draft.value]);
  useEffect(() => {
    if (matchMedia('(hover: hover)').matches) focusComposer(); // elsewhere a keyboard would cover the page
  }, []);

  const add = async (list: FileList | File[]) => {
    const taken: TextFile[] = [];
    const problems: string[] = [];
    for (const file of list) {
      try {
        taken.push(await textOf(file));
      } catch (e) {
        problems.push((e as Error).message);
      }
    }
    setFiles((before) => [...before, ...taken]);
    setProblem(problems.join(' '));
  };
  const submit = () => {
    if (busy || (draft.value.trim() === '' && files.length === 0)) return;
    const text = draft.value.trim();
    draft.value = '';
    setFiles([]);
    setProblem('');
    void send(text, files);
  };
  return (
    <section class="composer" aria-label="Your message">
      <form
        class={over ? 'over' : ''}
        onSubmit={(e) => { e.preventDefault(); submit(); }}
        onDragOver={(e) => { e.preventDefault(); setOver(true); }}
        onDragLeave={() => setOver(false)}
        onDrop={(e) => {
          e.preventDefault();
          setOver(false);
          if (e.dataTransfer !== null) void add(e.dataTransfer.files);
        }}
      >
        {files.length > 0 && (
          <ul class="files">
            {files.map((file, i) => (
              <li key={i} class="file">
                <Icon name="file" /> {file.name} <small>{bytes(new Blob([file.text]).size)}</small>
                <button type="button" class="quiet icon" aria-label={`Take ${file.name} away`} onClick={() => setFiles(files.filter((_, at) => at !== i))}>
                  <Icon name="close" />
                </button>
              </li>
            ))}
          </ul>
        )}
        {problem !== '' && <p class="warning small" role="alert">{problem}</p>}
        <textarea
          id="composer"
          ref={(element) => { field = element; }}
          rows={1}
          aria-label="Message"
          placeholder="Write a message"
          value={draft.value}
          onInput={(e) => { draft.value = e.currentTarget.value; }}
          onPaste={(e) => {
            const pasted = e.clipboardData?.files;
            if (pasted !== undefined && pasted.length > 0) {
              e.preventDefault();
              void add(pasted);
            }
          }}
          onKeyDown={(e) => {
            if (e.key === 'Enter' && !e.shiftKey && !e.isComposing) {
              e.preventDefault();
              submit();
            } else if (e.key === 'ArrowUp' && draft.value === '') {
              const last = path.value.findLast((turn) => turn.role === 'user');
              if (last !== undefined) {
                editing.value = last.id;
                e.preventDefault();
              }
            }
          }}
        />
        <div class="composer-tools">
          <button type="button" class="quiet icon" title="Add text files" aria-label="Add text files" onClick={() => chooser.current?.click()}>
            <Icon name="clip" />
          </button>
          <input
            ref={chooser}
            type="file"
            multiple
            hidden
            aria-label="Text files"
            onChange={(e) => {
              void add([...(e.currentTarget.files ?? [])]);
              e.currentTarget.value = '';
            }}
          />
          <span class="spring" />
          <Room />
          {busy ? (
            <button type="button" class="primary round" title="Stop (Esc)" aria-label="Stop" onClick={stop}>
              <Icon name="stop" />
            </button>
          ) : (
            <button type="submit" class="primary round" title="Send (Enter)" aria-label="Send" disabled={draft.value.trim() === '' && files.length === 0}>
              <Icon name="send" />
            </button>
          )}
        </div>
      </form>
    </section>
  );
}

/** How much of the model's context the conversation takes, as far as the last answer told. */
function Room() {
  const last = path.value.findLast((turn) => turn.figures?.promptTokens !== undefined)?.figures;
  const all = model.value?.max_model_len;
  if (last === undefined || all === undefined) return null;
  const used = (last.promptTokens ?? 0) + (last.completionTokens ?? 0);
  return (
    <span class={`room small${used > all * 0.85 ? ' full' : ''}`} title="Tokens of this conversation, and how many the model takes">
      {count(used)} of {count(all)} tokens
    </span>
  );
}

/** Makes a field as high as its text, up to what the style sheet allows. */
export function grow(element: HTMLTextAreaElement | null): void {
  if (element === null) return;
  element.style.height = 'auto';
  element.style.height = `${element.scrollHeight}px`;
}
