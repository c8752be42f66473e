import { useEffect, useRef, useState } from 'preact/hooks';
import type { Model } from '../lib/api';
import { amount, bytes, count } from '../lib/format';
import { Icon } from '../ui/Icon';
import { changeSettings, chatModels, loadModels, model, modelsFailure } from './state';

const STATES: Record<string, string> = {
  loaded: 'loaded',
  'not ready': 'restarting',
  waiting: 'waiting for room',
  loading: 'loading',
  unloading: 'unloading',
  available: 'loaded when asked',
  failed: 'failed',
};

/** What is known of a model, in a line. */
export function describe(one: Model): string {
  const parts = [one.percent === undefined ? (STATES[one.status ?? ''] ?? one.status ?? '') : `loading, ${one.percent} %`];
  if (one.alias_of !== undefined) parts.push(`another name of ${one.alias_of}`);
  if (one.parameters !== undefined) parts.push(`${amount(one.parameters)} parameters`);
  if (one.quantization !== undefined) parts.push(one.quantization);
  if (one.size_bytes !== undefined) parts.push(bytes(one.size_bytes));
  const context = one.max_model_len ?? one.context_length;
  if (context !== undefined) parts.push(`${count(context)} tokens of context`);
  return parts.filter((part) => part !== '').join(' · ');
}

/** Which model answers: a button, and a list under it. */
export function ModelPicker() {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const chosen = model.value;
  useEffect(() => {
    if (!open) return undefined;
    void loadModels();
    const outside = (e: Event) => {
      if (e.target instanceof Node && root.current?.contains(e.target) !== true) setOpen(false);
    };
    document.addEventListener('pointerdown', outside);
    return () => document.removeEventListener('pointerdown', outside);
  }, [open]);
  useEffect(() => {
    if (open) root.current?.querySelector<HTMLElement>('[aria-selected=true], [role=option]')?.focus();
  }, [open]);

  const take = (one: Model) => {
    changeSettings({ model: one.id });
    setOpen(false);
    root.current?.querySelector<HTMLElement>('button')?.focus();
  };
  const onKey = (e: KeyboardEvent) => {
    if (!open) return;
    const options = [...(root.current?.querySelectorAll<HTMLElement>('[role=option]') ?? [])];
    const at = options.indexOf(document.activeElement as HTMLElement);
    const step: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: options.length - 1 };
    const to = step[e.key];
    if (to !== undefined) {
      options[(to + options.length) % options.length]?.focus();
      e.preventDefault();
    } else if (e.key === 'Escape') {
      setOpen(false);
      root.current?.querySelector<HTMLElement>('button')?.focus();
      e.stopPropagation();
    } else if (e.key === 'Tab') {
      setOpen(false);
    }
  };
  const failure = modelsFailure.value;
  const name = chosen?.id ?? (failure === null ? 'No model' : failure.status === 401 ? 'Needs a key' : 'Server not reached');
  return (
    <div class="picker" ref={root} onKeyDown={onKey}>
      <button type="button" class="quiet" aria-haspopup="listbox" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span class={`dot ${chosen?.status?.replace(' ', '-') ?? 'none'}`} />
        <span class="picker-name">
          <span class="for-readers">Model: </span>
          {name}
        </span>
        <Icon name="down" />
      </button>
      {open && (
        <div class="picker-list" role="listbox" aria-label="Models for chat">
          {chatModels.value.map((one) => (
            <div
              key={one.id}
              role="option"
              tabIndex={-1}
              aria-selected={one.id === chosen?.id}
              onClick={() => take(one)}
              onKeyDown={(e) => {
                if (e.key === 'Enter' || e.key === ' ') {
                  take(one);
                  e.preventDefault();
                }
              }}
            >
              <span class={`dot ${one.status?.replace(' ', '-') ?? 'none'}`} />
              <span class="picker-text">
                <strong>{one.id}</strong>
                <small>{one.problem ?? describe(one)}</small>
              </span>
              {one.id === chosen?.id && <Icon name="check" />}
            </div>
          ))}
          {chatModels.value.length === 0 && <p class="soft small pad">{modelsFailure.value?.message ?? 'This server has no model for chat.'}</p>}
        </div>
      )}
    </div>
  );
}
