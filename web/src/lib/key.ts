import { signal } from '@preact/signals';

const NAME = 'gufo.key';

function read(): string {
  try {
    return sessionStorage.getItem(NAME) ?? localStorage.getItem(NAME) ?? '';
  } catch {
    return ''; // a browser that keeps nothing
  }
}

/** The API key of all requests; empty where none is set. */
export const apiKey = signal(read());

/** Whether the key is kept when the browser is closed. */
export function keyIsKept(): boolean {
  try {
    return localStorage.getItem(NAME) !== null;
  } catch {
    return false;
  }
}

/** Sets the key for this tab or, if it is to be kept, for this browser. */
export function setKey(key: string, keep: boolean): void {
  apiKey.value = key.trim();
  try {
    sessionStorage.removeItem(NAME);
    localStorage.removeItem(NAME);
    if (apiKey.value !== '') (keep ? localStorage : sessionStorage).setItem(NAME, apiKey.value);
  } catch {
    // it holds until the page is left
  }
}
