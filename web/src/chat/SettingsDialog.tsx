import { useState } from 'preact/hooks';
import { Dialog } from '../ui/Dialog';
import { openDialog } from './App';
import { changeSettings, settings } from './state';
import type { Settings } from './types';

const NUMBERS = [
  { name: 'temperature', label: 'Temperature', min: 0, max: 2, step: 0.1, hint: '0 takes the most likely token; more is more varied.' },
  { name: 'top_p', label: 'Top p', min: 0, max: 1, step: 0.05, hint: 'Keeps the likeliest tokens that add up to this.' },
  { name: 'top_k', label: 'Top k', min: 0, max: 1000, step: 1, hint: 'Keeps this many of the likeliest; 0 keeps all.' },
  { name: 'min_p', label: 'Min p', min: 0, max: 1, step: 0.01, hint: 'Keeps tokens at least this likely, beside the likeliest.' },
  { name: 'repeat_penalty', label: 'Repeat penalty', min: 0.1, max: 2, step: 0.05, hint: 'Above 1, repetition becomes less likely.' },
  { name: 'max_tokens', label: 'Most tokens', min: 1, max: 1_000_000, step: 1, hint: 'Of one answer, reasoning included.' },
  { name: 'seed', label: 'Seed', min: 0, max: Number.MAX_SAFE_INTEGER, step: 1, hint: 'The same one gives the same answer most of the time.' },
] as const;

const EXAMPLE = `{
  "type": "object",
  "properties": {
    "city": {"type": "string"},
    "population": {"type": "integer"}
  },
  "required": ["city", "population"]
}`;

/** How this conversation's answers are made. Empty fields leave it to the model's file or the server. */
export function SettingsDialog() {
  const now = settings.value;
  return (
    <Dialog title="This conversation" side onClose={() => { openDialog.value = null; }}>
      <form class="form" onSubmit={(e) => e.preventDefault()}>
        <label>
          System prompt
          <textarea
            rows={4}
            value={now.system}
            placeholder="You are a helpful assistant."
            onInput={(e) => changeSettings({ system: e.currentTarget.value })}
          />
        </label>
        <fieldset>
          <legend>Sampling</legend>
          <div class="numbers">
            {NUMBERS.map(({ name, label, hint, ...range }) => (
              <label key={name} title={hint}>
                {label}
                <input
                  type="number"
                  inputMode="decimal"
                  {...range}
                  value={now[name] ?? ''}
                  placeholder="as the model says"
                  aria-description={hint}
                  onInput={(e) => {
                    const value = e.currentTarget.valueAsNumber;
                    changeSettings({ [name]: Number.isFinite(value) ? value : undefined });
                  }}
                />
              </label>
            ))}
            <label>
              Reasoning
              <select
                value={now.reasoning_effort ?? ''}
                onChange={(e) => changeSettings({ reasoning_effort: e.currentTarget.value === '' ? undefined : e.currentTarget.value })}
              >
                <option value="">as the model says</option>
                {['none', 'minimal', 'low', 'medium', 'high', 'xhigh'].map((word) => (
                  <option key={word} value={word}>{word}</option>
                ))}
              </select>
            </label>
          </div>
        </fieldset>
        <Json
          label="Answers in JSON, after this schema"
          hint="Empty for free text. The answer always satisfies it."
          field="schema"
          value={now.schema}
          example={EXAMPLE}
        />
        <Json
          label="Tools that the model may call"
          hint="An array as in OpenAI’s API. Calls are shown; you write their results."
          field="tools"
          value={now.tools}
          example={'[{"name": "weather", "description": "The weather of a city", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}]'}
        />
        <div class="buttons">
          <button
            type="button"
            onClick={() =>
              changeSettings({
                system: '', temperature: undefined, top_p: undefined, top_k: undefined, min_p: undefined, repeat_penalty: undefined,
                seed: undefined, max_tokens: undefined, reasoning_effort: undefined, stop: undefined, schema: '', tools: '',
              })
            }
          >
            Back to the defaults
          </button>
        </div>
        <p class="soft small">
          They are of this conversation, and the next new one begins with them. Every field is one of the API: <a href="docs">docs</a>.
        </p>
      </form>
    </Dialog>
  );
}

function Json(props: { label: string; hint: string; field: 'schema' | 'tools'; value: string; example: string }) {
  const [problem, setProblem] = useState(problemOf(props.value));
  const change = (text: string) => {
    setProblem(problemOf(text));
    changeSettings({ [props.field]: text } as Partial<Settings>);
  };
  return (
    <label>
      {props.label}
      <textarea class="mono" rows={5} spellcheck={false} value={props.value} placeholder={props.example} aria-invalid={problem !== ''} onInput={(e) => change(e.currentTarget.value)} />
      <span class={problem === '' ? 'soft small' : 'warning small'} role={problem === '' ? undefined : 'alert'}>
        {problem === '' ? props.hint : problem}
      </span>
    </label>
  );
}

function problemOf(text: string): string {
  if (text.trim() === '') return '';
  try {
    JSON.parse(text);
    return '';
  } catch (e) {
    return `This is no JSON: ${(e as Error).message}`;
  }
}
