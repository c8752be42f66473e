import { useEffect, useState } from 'preact/hooks';
import { Icon } from './Icon';

/** Copies a text, and says that it did. */
export function CopyButton({ text, label, words }: { text: string; label: string; words?: string }) {
  const [said, setSaid] = useState('');
  useEffect(() => {
    if (said === '') return undefined;
    const timer = setTimeout(() => setSaid(''), 1600);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = async () => setSaid((await copied(text)) ? 'Copied' : 'Press Ctrl+C');
  return (
    <button type="button" class={words === undefined ? 'quiet icon' : 'quiet'} title={label} aria-label={label} onClick={() => void copy()}>
      <Icon name={said === 'Copied' ? 'check' : 'copy'} />
      {words !== undefined && <span>{said === '' ? words : said}</span>}
      <span class="for-readers" role="status">
        {said}
      </span>
    </button>
  );
}

/** Without TLS browsers have no clipboard for pages; there the old way still works. */
async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement('textarea');
    field.value = text;
    field.className = 'for-readers';
    document.body.append(field);
    field.select();
    const done = document.execCommand('copy');
    field.remove();
    return done;
  }
}
