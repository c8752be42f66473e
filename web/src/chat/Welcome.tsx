import { openDialog } from './App';
import { Owl } from '../ui/Icon';
import { draft, focusComposer } from './Composer';
import { describe } from './ModelPicker';
import { asksForKey, loadModels, model, modelsFailure } from './state';
import { explain } from '../lib/failure';

const PROMPTS = [
  'What is the capital of France?',
  'Write a short story about an owl and a lighthouse.',
  'Explain recursion to a child, with an example in Python.',
  'Make a table of three European rivers with their lengths.',
];

/** What a new conversation shows: which model is there, and a first thing to try. */
export function Welcome() {
  const one = model.value;
  const failure = modelsFailure.value;
  const why = failure === null ? null : explain(failure);
  return (
    <div class="messages welcome">
      <div class="welcome-inner">
        <Owl />
        <h2>What would you like to know?</h2>
        {why !== null ? (
          <div class="problem" role="alert">
            <div>
              <strong>{why.title}</strong>
              <p>{why.text}</p>
              <div class="buttons">
                {why.remedy === 'key' && (
                  <button type="button" class="primary" onClick={() => { asksForKey.value = true; }}>Enter a key</button>
                )}
                <button type="button" onClick={() => void loadModels()}>Try again</button>
              </div>
            </div>
          </div>
        ) : (
          one !== undefined && (
            <p class="soft">
              <strong>{one.id}</strong> answers on this machine.
              <br />
              <span class="small">{describe(one)}</span>
            </p>
          )
        )}
        <ul class="prompts">
          {PROMPTS.map((text) => (
            <li key={text}>
              <button
                type="button"
                onClick={() => {
                  draft.value = text;
                  focusComposer();
                }}
              >
                {text}
              </button>
            </li>
          ))}
        </ul>
        <p class="start-links">
          <button type="button" class="quiet" onClick={() => { openDialog.value = 'connect'; }}>Use it from code and agents</button>
          <button type="button" class="quiet" onClick={() => { openDialog.value = 'models'; }}>Other models</button>
        </p>
      </div>
    </div>
  );
}
