import type { HLJSApi, LanguageFn } from 'highlight.js';
import { fragment } from './html';

type Loader = () => Promise<{ default: LanguageFn }>;

/** Each language is a file of its own, loaded when a block has it. */
const LOADERS: Record<string, Loader> = {
  bash: () => import('highlight.js/lib/languages/bash'),
  c: () => import('highlight.js/lib/languages/c'),
  cpp: () => import('highlight.js/lib/languages/cpp'),
  csharp: () => import('highlight.js/lib/languages/csharp'),
  css: () => import('highlight.js/lib/languages/css'),
  diff: () => import('highlight.js/lib/languages/diff'),
  go: () => import('highlight.js/lib/languages/go'),
  ini: () => import('highlight.js/lib/languages/ini'),
  java: () => import('highlight.js/lib/languages/java'),
  javascript: () => import('highlight.js/lib/languages/javascript'),
  json: () => import('highlight.js/lib/languages/json'),
  kotlin: () => import('highlight.js/lib/languages/kotlin'),
  markdown: () => import('highlight.js/lib/languages/markdown'),
  php: () => import('highlight.js/lib/languages/php'),
  python: () => import('highlight.js/lib/languages/python'),
  ruby: () => import('highlight.js/lib/languages/ruby'),
  rust: () => import('highlight.js/lib/languages/rust'),
  sql: () => import('highlight.js/lib/languages/sql'),
  swift: () => import('highlight.js/lib/languages/swift'),
  typescript: () => import('highlight.js/lib/languages/typescript'),
  xml: () => import('highlight.js/lib/languages/xml'),
  yaml: () => import('highlight.js/lib/languages/yaml'),
};

const ALIASES: Record<string, string> = {
  sh: 'bash', shell: 'bash', zsh: 'bash', console: 'bash', 'c++': 'cpp', h: 'c', hpp: 'cpp', 'c#': 'csharp', cs: 'csharp', patch: 'diff',
  golang: 'go', toml: 'ini', js: 'javascript', jsx: 'javascript', mjs: 'javascript', jsonc: 'json', kt: 'kotlin', md: 'markdown',
  py: 'python', rb: 'ruby', rs: 'rust', ts: 'typescript', tsx: 'typescript', html: 'xml', svg: 'xml', yml: 'yaml',
};

/** Longer code stays plain: colouring it would hold the page up. */
const LONGEST = 60_000;

let core: Promise<HLJSApi> | undefined;

/** Code with colours; undefined where its language is not known or it is too long. */
export async function highlighted(code: string, language: string): Promise<DocumentFragment | undefined> {
  const word = language.toLowerCase();
  const name = ALIASES[word] ?? word;
  const loader = Object.hasOwn(LOADERS, name) ? LOADERS[name] : undefined;
  if (loader === undefined || code.length > LONGEST) return undefined;
  core ??= import('highlight.js/lib/core').then((module) => module.default);
  const hljs = await core;
  if (hljs.getLanguage(name) === undefined) hljs.registerLanguage(name, (await loader()).default);
  return fragment(hljs.highlight(code, { language: name, ignoreIllegals: true }).value);
}
