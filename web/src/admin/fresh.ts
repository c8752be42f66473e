import { useEffect, useRef } from 'preact/hooks';
import { status } from './state';

const PAUSE = 2000;

/**
 * Looks when a tab is opened or what it asks for changes, and again when the server has told of a change, at most every two seconds.
 *
 * @param look asks the server; must not throw
 * @param deps what it asks for
 * @param changing whether something that is shown will change without a word of the server
 */
export function useFresh(look: () => Promise<void>, deps: unknown[], changing: boolean): void {
  const told = status.value;
  const last = useRef(0);
  useEffect(() => {
    last.current = Date.now();
    void look();
  }, deps);
  useEffect(() => {
    const timer = setTimeout(() => {
      last.current = Date.now();
      void look();
    }, Math.max(0, last.current + PAUSE - Date.now()));
    return () => clearTimeout(timer);
  }, [told]);
  useEffect(() => {
    if (!changing) return undefined;
    const timer = setInterval(() => void look(), PAUSE);
    return () => clearInterval(timer);
  }, [changing, ...deps]);
}
