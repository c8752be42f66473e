import { useComputed } from '@preact/signals';
import { Component } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { explain } from '../lib/failure';
import { bytes, count, duration } from '../lib/format';
import { Code, Markdown } from '../markdown/Markdown';
import { CopyButton } from '../ui/CopyButton';
import { GrowingText } from '../ui/GrowingText';
import { Icon } from '../ui/Icon';
import { editing, grow } from './Composer';
import { openDialog } from './App';
import { details, line } from './figures';
import { alternatives, asksForKey, begin, choose, goOn, type Live, live, liveId, path, regenerate, retry, send, sendResults, stop, tryAgain } from './state';
import type { ToolCall, Turn } from './types';

/** One message. It is drawn anew only if it is another object; the one that is being written listens to the stream itself. */
export class Message extends Component<{ turn: Turn }> {
  override shouldComponentUpdate(next: { turn: Turn }): boolean {
    return next.turn !== this.props.turn;
  }

  override render({ turn }: { turn: Turn }) {
    return turn.role === 'user' ? <Question turn={turn} /> : <Answer turn={turn} />;
  }
}

function Question({ turn }: { turn: Turn }) {
  const isEdited = useComputed(() => editing.value === turn.id).value;
  return (
    <article class="message question" aria-label="You">
      {(turn.files ?? []).length > 0 && (
        <ul class="files">
          {(turn.files ?? []).map((file, i) => (
            <li key={i}>
              <details class="file">
                <summary>
                  <Icon name="file" /> {file.name} <small>{bytes(new Blob([file.text]).size)}</small>
                </summary>
                <pre tabIndex={0}>{file.text}</pre>
              </details>
            </li>
          ))}
        </ul>
      )}
      {isEdited ? <Editor turn={turn} /> : turn.content !== '' && <div class="bubble">{turn.content}</div>}
      {!isEdited && (
        <footer class="tools">
          <Branches turn={turn} />
          <button type="button" class="quiet icon" title="Edit" aria-label="Edit this message" onClick={() => { editing.value = turn.id; }}>
            <Icon name="edit" />
          </button>
          <CopyButton text={turn.content} label="Copy this message" />
        </footer>
      )}
    </article>
  );
}

function Editor({ turn }: { turn: Turn }) {
  const [text, setText] = useState(turn.content);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    field.current?.focus();
    field.current?.setSelectionRange(text.length, text.length);
  }, []);
  useLayoutEffect(() => grow(field.current), [text]);
  const submit = () => {
    editing.value = null;
    void send(text.trim(), turn.files ?? [], turn);
  };
  return (
    <form class="editor" onSubmit={(e) => { e.preventDefault(); submit(); }}>
      <textarea
        ref={field}
        aria-label="Edit your message"
        value={text}
        onInput={(e) => setText(e.currentTarget.value)}
        onKeyDown={(e) => {
          if (e.key === 'Enter' && !e.shiftKey && !e.isComposing) {
            e.preventDefault();
            submit();
          } else if (e.key === 'Escape') {
            editing.value = null;
            e.stopPropagation();
          }
        }}
      />
      <div class="buttons">
        <button type="submit" class="primary">Send</button>
        <button type="button" onClick={() => { editing.value = null; }}>Cancel</button>
        <span class="soft small">The earlier message stays beside it.</span>
      </div>
    </form>
  );
}

/** Which of several alternatives is shown. */
function Branches({ turn }: { turn: Turn }) {
  const all = alternatives(turn);
  if (all.length < 2) return null;
  const at = all.findIndex((other) => other.id === turn.id);
  const to = (other: Turn | undefined) => {
    if (other !== undefined) choose(other);
  };
  return (
    <span class="branches" role="group" aria-label="Alternatives">
      <button type="button" class="quiet icon" aria-label="The one before" disabled={at <= 0} onClick={() => to(all[at - 1])}>
        <Icon name="left" />
      </button>
      <span class="small">
        {at + 1} of {all.length}
      </span>
      <button type="button" class="quiet icon" aria-label="The next one" disabled={at >= all.length - 1} onClick={() => to(all[at + 1])}>
        <Icon name="right" />
      </button>
    </span>
  );
}

function Answer({ turn: kept }: { turn: Turn }) {
  const isGrowing = useComputed(() => liveId.value === kept.id).value; // of hundreds, only the one that it is true of is drawn anew
  const growing = isGrowing ? live.value : null;
  const turn = growing?.turn ?? kept;
  const near = useNear(growing !== null);
  return (
    <article class="message answer" aria-label={turn.model ? `Answer of ${turn.model}` : 'Answer'} aria-busy={growing !== null} ref={near.host}>
      <h2 class="by">{turn.model || 'Assistant'}</h2>
      {turn.reasoning !== undefined && <Reasoning text={turn.reasoning} open={growing !== null && turn.content === ''} />}
      {turn.content !== '' &&
        (near.seen ? (
          <Content text={turn.content} whole={growing === null} />
        ) : (
          <div class="plain">{turn.content}</div> // long conversations become Markdown where they are looked at
        ))}
      {(turn.calls ?? []).length > 0 && <Calls turn={turn} open={growing === null} />}
      {growing !== null && <Waiting state={growing} />}
      {growing === null && turn.failure !== undefined && <Problem turn={turn} />}
      {growing === null && <AnswerTools turn={turn} />}
    </article>
  );
}

/** An answer that is JSON as a whole is shown as code. */
function Content({ text, whole }: { text: string; whole: boolean }) {
  const json = whole ? pretty(text) : undefined;
  return json === undefined ? <Markdown text={text} whole={whole} /> : <Code text={json} language="json" closed />;
}

function pretty(text: string): string | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return undefined;
  }
}

/** Whether a message is, or was, near what is seen. */
function useNear(always: boolean) {
  const host = useRef<HTMLElement>(null);
  const [seen, setSeen] = useState(always);
  useEffect(() => {
    if (seen || host.current === null) return undefined;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) setSeen(true);
      },
      { root: host.current.closest('.messages'), rootMargin: '1200px 0px' },
    );
    observer.observe(host.current);
    return () => observer.disconnect();
  }, [seen]);
  return { host, seen: seen || always };
}

function Reasoning({ text, open }: { text: string; open: boolean }) {
  return (
    <details class="reasoning" open={open}>
      <summary>{open ? 'Thinking …' : 'Reasoning'}</summary>
      <div class="reasoning-text"><GrowingText text={text} /></div>
    </details>
  );
}

function Calls({ turn, open }: { turn: Turn; open: boolean }) {
  const calls = turn.calls ?? [];
  const [results, setResults] = useState<string[]>(calls.map((call) => call.result ?? ''));
  const waits = open && turn.failure === undefined && calls.some((call) => call.result === undefined);
  return (
    <form class="calls" onSubmit={(e) => { e.preventDefault(); void sendResults(turn, calls.map((_, i) => results[i] ?? '')); }}>
      {calls.map((call, i) => (
        <fieldset key={i} class="call">
          <legend>
            <Icon name="tool" /> {call.name === '' ? 'a tool' : call.name}
          </legend>
          <Code text={callArguments(call)} language="json" closed={open} />
          {waits ? (
            <label>
              Result for the model
              <textarea
                rows={2}
                value={results[i] ?? ''}
                onInput={(e) => {
                  const text = e.currentTarget.value;
                  setResults((before) => calls.map((_, at) => (at === i ? text : (before[at] ?? ''))));
                }}
              />
            </label>
          ) : (
            call.result !== undefined && (
              <p class="result">
                <span class="soft small">Result</span>
                {call.result}
              </p>
            )
          )}
        </fieldset>
      ))}
      {waits && (
        <div class="buttons">
          <button type="submit" class="primary">Send {calls.length === 1 ? 'the result' : 'the results'}</button>
          <span class="soft small">This page runs no tools: you answer for them.</span>
        </div>
      )}
    </form>
  );
}

function callArguments(call: ToolCall): string {
  try {
    return JSON.stringify(JSON.parse(call.arguments), null, 2);
  } catch {
    return call.arguments;
  }
}

/** What is waited for, and for how long; while text comes, how fast. */
function Waiting({ state }: { state: Live }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  const since = Math.max(0, now - state.since);
  let said: string;
  if (state.phase === 'writing') {
    const seconds = (performance.now() - state.firstPart) / 1000;
    said = state.parts > 5 && seconds > 0.4 ? `about ${Math.round((state.parts - 1) / seconds)} tokens/s` : '';
  } else if (state.phase === 'loading') {
    said =
      state.percent !== undefined
        ? `The model is loading: ${state.percent} %`
        : state.position !== undefined
          ? `The model waits for room in memory, place ${state.position + 1}`
          : 'The model is being prepared';
  } else {
    const queue = state.queue ?? 0;
    const who = queue > 1 ? `${count(queue)} requests wait for this model, yours among them` : queue === 1 ? 'Yours is the next request' : 'The model reads the prompt';
    said = since < 1500 ? '' : `${who} (${duration(since)})`;
  }
  return (
    <div class="waiting">
      <span class="pulse" aria-hidden="true" />
      {state.phase === 'loading' && state.percent !== undefined && <progress max={100} value={state.percent} aria-label="Loading" />}
      <span class="small soft">{said}</span>
    </div>
  );
}

function Problem({ turn }: { turn: Turn }) {
  const failure = turn.failure;
  if (failure === undefined) return null;
  const why = explain(failure);
  const counting = retry.value?.turn === turn.id ? retry.value.seconds : null;
  const some = turn.content !== '';
  return (
    <div class="problem" role="alert">
      <Icon name="warn" />
      <div>
        <strong>{why.title}</strong>
        <p>{why.text}</p>
        <div class="buttons">
          {counting !== null && (
            <>
              <span class="countdown">Trying again in {counting} s</span>
              <button type="button" onClick={stop}>Don’t</button>
            </>
          )}
          {why.remedy === 'retry' && (
            <button type="button" class="primary" onClick={() => void tryAgain(turn)}>
              {some ? 'Go on with the answer' : 'Try again now'}
            </button>
          )}
          {why.remedy === 'key' && (
            <>
              <button type="button" class="primary" onClick={() => { asksForKey.value = true; }}>Enter a key</button>
              <button type="button" onClick={() => void tryAgain(turn)}>Try again</button>
            </>
          )}
          {why.remedy === 'shorten' && (
            <>
              <button type="button" class="primary" onClick={begin}>New chat</button>
              <button type="button" onClick={() => { editing.value = turn.parent; }}>Edit the message</button>
            </>
          )}
          {why.remedy === 'settings' && (
            <>
              <button type="button" class="primary" onClick={() => { openDialog.value = 'settings'; }}>Look at the settings</button>
              <button type="button" onClick={() => void tryAgain(turn)}>Try again</button>
            </>
          )}
        </div>
      </div>
    </div>
  );
}

function AnswerTools({ turn }: { turn: Turn }) {
  const figures = turn.figures ?? {};
  const parts = line(figures);
  const last = useComputed(() => path.value.at(-1)?.id === turn.id).value;
  return (
    <footer class="tools">
      <Branches turn={turn} />
      {turn.content !== '' && <CopyButton text={turn.content} label="Copy this answer" />}
      {turn.failure === undefined && (
        <button type="button" class="quiet icon" title="Answer again" aria-label="Answer again" onClick={() => void regenerate(turn)}>
          <Icon name="again" />
        </button>
      )}
      {last && turn.failure === undefined && (turn.finish === 'stopped' || turn.finish === 'length') && turn.content !== '' && (
        <button type="button" class="quiet" onClick={() => void goOn(turn)}>Go on</button>
      )}
      {turn.finish === 'length' && <span class="small soft">ended at the token limit</span>}
      {turn.finish === 'stopped' && <span class="small soft">stopped</span>}
      {parts.length > 0 && (
        <details class="figures">
          <summary>{parts.join(' · ')}</summary>
          <dl>
            {details(figures).map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </footer>
  );
}
