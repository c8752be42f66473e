import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../ui/Icon';
import { Message } from './Message';
import { current, liveId, path } from './state';

const NEAR = 80;

/** The conversation. It follows an answer that grows while the reader is at its end, and stays where they scrolled to otherwise. */
export function Messages() {
  const scroller = useRef<HTMLDivElement>(null);
  const end = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const [away, setAway] = useState(false);
  const id = current.value?.id;
  const turns = path.value;

  useLayoutEffect(() => {
    following.current = true;
    toEnd(scroller.current);
  }, [id]);
  useLayoutEffect(() => {
    if (following.current) toEnd(scroller.current);
  }, [turns.length]);
  useEffect(() => {
    const element = scroller.current;
    const content = element?.firstElementChild;
    if (element === null || content === null || content === undefined) return undefined;
    const resized = new ResizeObserver(() => {
      if (following.current) toEnd(element);
    });
    resized.observe(content);
    const seen = new IntersectionObserver(([entry]) => setAway(entry?.isIntersecting === false), { root: element, rootMargin: `${NEAR}px` });
    if (end.current !== null) seen.observe(end.current);
    return () => {
      resized.disconnect();
      seen.disconnect();
    };
  }, []);
  let before = 0;
  return (
    <div
      class="messages"
      ref={scroller}
      tabIndex={-1}
      onScroll={(e) => {
        const { scrollTop, scrollHeight, clientHeight } = e.currentTarget;
        if (scrollTop < before - 2) following.current = false; // upwards, so by the reader
        if (scrollHeight - scrollTop - clientHeight < NEAR) following.current = true;
        before = scrollTop;
      }}
      onWheel={(e) => {
        if (e.deltaY < 0) following.current = false;
      }}
    >
      <div class="messages-inner">
        {turns.map((turn) => (
          <Message key={turn.id} turn={turn} />
        ))}
        <div ref={end} class="messages-end" />
      </div>
      {away && (
        <button
          type="button"
          class="to-end"
          aria-label="To the end of the conversation"
          onClick={() => {
            following.current = true;
            toEnd(scroller.current);
          }}
        >
          <Icon name="down" />
          {liveId.value !== null && <span>The answer goes on</span>}
        </button>
      )}
    </div>
  );
}

function toEnd(element: HTMLElement | null): void {
  if (element !== null) element.scrollTop = element.scrollHeight;
}
