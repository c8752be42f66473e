import type { Conversation, Turn } from './types';

/** The messages of a conversation, each with its successors in the order in which they were made. */
export class Tree {
  private readonly children = new Map<string, Turn[]>();
  private readonly byId = new Map<string, Turn>();

  constructor(turns: Iterable<Turn>) {
    for (const turn of turns) this.put(turn);
  }

  /** Adds a message, or replaces the one with its id. */
  put(turn: Turn): void {
    const siblings = this.children.get(turn.parent ?? '') ?? [];
    const at = siblings.findIndex((other) => other.id === turn.id);
    if (at >= 0) siblings[at] = turn;
    else siblings.push(turn);
    siblings.sort((a, b) => a.created - b.created || (a.id < b.id ? -1 : 1));
    this.children.set(turn.parent ?? '', siblings);
    this.byId.set(turn.id, turn);
  }

  get(id: string): Turn | undefined {
    return this.byId.get(id);
  }

  /** A message and the alternatives to it, itself among them. */
  siblings(turn: Turn): Turn[] {
    return this.children.get(turn.parent ?? '') ?? [];
  }

  /** The messages that are shown, from the first to the last: at each fork the chosen one, else the newest. */
  path(chosen: Conversation['chosen']): Turn[] {
    const path: Turn[] = [];
    const seen = new Set<string>();
    for (let at = ''; ; ) {
      const successors = this.children.get(at) ?? [];
      const next = successors.find((turn) => turn.id === chosen[at]) ?? successors.at(-1);
      if (next === undefined || seen.has(next.id)) return path; // an imported file may have a circle
      seen.add(next.id);
      path.push(next);
      at = next.id;
    }
  }

  /** The messages that lead to this one, itself the last. */
  ancestry(id: string): Turn[] {
    const path: Turn[] = [];
    const seen = new Set<string>();
    for (let turn = this.byId.get(id); turn !== undefined && !seen.has(turn.id); ) {
      seen.add(turn.id);
      path.unshift(turn);
      turn = turn.parent === null ? undefined : this.byId.get(turn.parent);
    }
    return path;
  }

  all(): Turn[] {
    return [...this.byId.values()];
  }
}
