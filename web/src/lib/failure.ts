/** Why a request failed, as the server or the network said it. */
export interface Failure {
  /** 0 where no answer came. */
  status: number;
  /** The word of the error's object; `network` where no answer came, `broken` where a stream ended early. */
  code: string;
  message: string;
  /** Seconds after which the server says that trying again may help. */
  retryAfter?: number;
  requestId?: string;
}

/** What a person is told, and which button helps. */
export interface Explanation {
  title: string;
  text: string;
  remedy: 'key' | 'retry' | 'shorten' | 'settings' | 'none';
  /** Seconds to count down before it is tried again. */
  wait?: number;
}

export class ApiError extends Error {
  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}

interface ErrorBody {
  error?: { message?: string; code?: string | null } | string;
  message?: string;
}

/** Reads an error's response, whatever is in front of the server made of it. */
export async function failureOf(response: Response): Promise<Failure> {
  let body: ErrorBody = {};
  const text = await response.text().catch(() => '');
  try {
    body = JSON.parse(text) as ErrorBody;
  } catch {
    // a proxy's own page
  }
  const error = typeof body.error === 'object' ? body.error : undefined;
  return {
    status: response.status,
    code: error?.code ?? 'http_error',
    message: error?.message ?? (typeof body.error === 'string' ? body.error : `The server answered ${response.status}.`),
    retryAfter: retryAfter(response.headers),
    requestId: response.headers.get('x-request-id') ?? undefined,
  };
}

function retryAfter(headers: Headers): number | undefined {
  const millis = Number(headers.get('retry-after-ms') ?? NaN);
  if (Number.isFinite(millis)) return Math.ceil(millis / 1000);
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return seconds;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - Date.now()) / 1000));
}

/** The failure as sentences: what happened, and what to do. */
export function explain(failure: Failure): Explanation {
  const { status, code, message, retryAfter: wait } = failure;
  switch (true) {
    case code === 'network':
      return { title: 'The server can’t be reached', text: 'It may be stopped or restarting. Your message is kept here.', remedy: 'retry' };
    case code === 'broken':
      return { title: 'The stream broke', text: message, remedy: 'retry' };
    case status === 401:
      return { title: 'This server needs an API key', text: `${message} Ask whoever runs the server for one.`, remedy: 'key' };
    case status === 403:
      return { title: 'Not allowed', text: message, remedy: code === 'permission_denied' ? 'key' : 'none' };
    case code === 'context_length_exceeded':
      return {
        title: 'This conversation is too long for the model',
        text: `${message} Edit an earlier message, take a file away, or begin a new conversation.`,
        remedy: 'shorten',
      };
    case status === 413:
      return { title: 'This message is too large', text: `${message} Send a smaller file or a part of it.`, remedy: 'shorten' };
    case code === 'insufficient_quota':
      return { title: 'The month’s budget of this key is used up', text: message, remedy: 'key' };
    case status === 429:
      return { title: 'Too much at once', text: message, remedy: wait === undefined ? 'none' : 'retry', wait };
    case code === 'model_loading':
      return { title: 'The model is still loading', text: message, remedy: 'retry', wait: wait ?? 5 };
    case code === 'model_load_failed' || code === 'engine_failed':
      return { title: 'The model can’t be loaded', text: `${message} Choose another model.`, remedy: 'retry' };
    case status === 503:
      return { title: 'The server can’t take this now', text: message, remedy: 'retry', wait };
    case status === 404 && code.startsWith('model'):
      return { title: 'This model is not there', text: `${message} Choose another one above.`, remedy: 'retry' };
    case status === 400:
      return { title: 'The server refused this request', text: message, remedy: 'settings' };
    default:
      return {
        title: 'Something went wrong',
        text: failure.requestId === undefined ? message : `${message} The server’s log says more under ${failure.requestId}.`,
        remedy: 'retry',
        wait,
      };
  }
}
