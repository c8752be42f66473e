import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { Conversation, Turn } from './types';

interface Schema extends DBSchema {
  conversations: { key: string; value: Conversation; indexes: { updated: number } };
  turns: { key: string; value: Turn; indexes: { conversation: string } };
}

/** Conversations, kept in this browser and nowhere else. */
export class Store {
  private constructor(private readonly db: IDBPDatabase<Schema>) {}

  static async open(name = 'gufo'): Promise<Store> {
    return new Store(
      await openDB<Schema>(name, 1, {
        upgrade(db) {
          db.createObjectStore('conversations', { keyPath: 'id' }).createIndex('updated', 'updated');
          db.createObjectStore('turns', { keyPath: 'id' }).createIndex('conversation', 'conversation');
        },
      }),
    );
  }

  /** All of them, the latest first. */
  async list(): Promise<Conversation[]> {
    return (await this.db.getAllFromIndex('conversations', 'updated')).reverse();
  }

  async turns(conversation: string): Promise<Turn[]> {
    return this.db.getAllFromIndex('turns', 'conversation', conversation);
  }

  async putConversation(conversation: Conversation): Promise<void> {
    await this.db.put('conversations', conversation);
  }

  async putTurn(turn: Turn): Promise<void> {
    await this.db.put('turns', turn);
  }

  /** Keeps a conversation as a whole, or nothing of it. */
  async putAll(conversation: Conversation, turns: Turn[]): Promise<void> {
    const tx = this.db.transaction(['conversations', 'turns'], 'readwrite');
    void tx.objectStore('conversations').put(conversation);
    for (const turn of turns) void tx.objectStore('turns').put(turn);
    await tx.done;
  }

  async remove(id: string): Promise<void> {
    const tx = this.db.transaction(['conversations', 'turns'], 'readwrite');
    void tx.objectStore('conversations').delete(id);
    for (const key of await tx.objectStore('turns').index('conversation').getAllKeys(id)) void tx.objectStore('turns').delete(key);
    await tx.done;
  }

  async clear(): Promise<void> {
    const tx = this.db.transaction(['conversations', 'turns'], 'readwrite');
    void tx.objectStore('conversations').clear();
    void tx.objectStore('turns').clear();
    await tx.done;
  }

  /** Ids of conversations in whose messages all words of the text are, whatever their case. */
  async search(text: string): Promise<Set<string>> {
    const words = text.toLowerCase().split(/\s+/).filter((word) => word !== '');
    const missing = new Map<string, Set<string>>();
    const found = new Set<string>();
    for (const turn of await this.db.getAll('turns')) {
      const left = missing.get(turn.conversation) ?? new Set(words);
      const content = turn.content.toLowerCase();
      for (const word of left) if (content.includes(word)) left.delete(word);
      missing.set(turn.conversation, left);
      if (left.size === 0) found.add(turn.conversation);
    }
    return found;
  }

  close(): void {
    this.db.close();
  }
}
