import DOMPurify from 'dompurify';
import { Marked, type Token } from 'marked';

/*
 * A model's text is not to be trusted: a document that it read may have told it what to write. So there are three barriers. HTML in
 * Markdown is shown as text, but for a few tags without attributes. What Markdown makes goes through DOMPurify, which lets a
 * short list through: no picture, no style, no form, no id. And the page's policy lets no script but its own run, and no
 * request go anywhere else.
 */
const TAGS = [
  'p', 'br', 'hr', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'blockquote', 'ul', 'ol', 'li', 'pre', 'code', 'em', 'strong', 'b', 'i',
  'del', 's', 'u', 'sub', 'sup', 'kbd', 'mark', 'a', 'table', 'thead', 'tbody', 'tr', 'th', 'td', 'details', 'summary', 'span', 'input',
];
const PLAIN_TAG = /^<\/?(br|sub|sup|kbd|b|i|em|strong|u|s|mark|details|summary)\s*\/?>$/i;

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

const marked = new Marked({ gfm: true, breaks: false });
marked.use({
  renderer: {
    html({ text }) {
      return PLAIN_TAG.test(text.trim()) ? text : escape(text);
    },
    image({ href, text }) {
      return `<a href="${escape(href)}">${escape(text === '' ? href : text)}</a> <span class="note">(picture, not loaded)</span>`;
    },
  },
});

let hooked = false;

function purify(): typeof DOMPurify {
  if (!hooked) {
    hooked = true;
    DOMPurify.addHook('afterSanitizeAttributes', (node) => {
      if (node.tagName === 'A' && node.hasAttribute('href')) {
        node.setAttribute('target', '_blank');
        node.setAttribute('rel', 'noopener noreferrer nofollow');
        node.setAttribute('title', node.getAttribute('href') ?? '');
      }
      if (node.tagName === 'INPUT') {
        if (node.getAttribute('type') !== 'checkbox') node.remove();
        else node.setAttribute('aria-label', node.hasAttribute('checked') ? 'done' : 'not done');
      }
    });
  }
  return DOMPurify;
}

/** HTML as nodes, without anything that could act, load or send. */
export function fragment(html: string): DocumentFragment {
  return purify().sanitize(html, {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ['href', 'start', 'align', 'class', 'type', 'checked', 'disabled', 'colspan', 'rowspan'],
    ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    RETURN_DOM_FRAGMENT: true,
  });
}

/** A block of Markdown as nodes. */
export function nodesOf(token: Token): DocumentFragment {
  return fragment(marked.parser([token]));
}
