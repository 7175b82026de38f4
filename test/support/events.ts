import { setTimeout as delay } from 'node:timers/promises';
import { judge } from './reply-judge.ts';
import { until } from './running.ts';

/** An event as a reader gets it. */
export interface ReadEvent {
  readonly id: number;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

/** A reader of Server-Sent Events. */
export class EventReader {
  readonly events: ReadEvent[] = [];
  text = '';
  ended = false;
  private unread = '';
  private pause: Promise<void> = Promise.resolve();

  private constructor(
    readonly status: number,
    readonly headers: Headers,
    private readonly leaving: AbortController,
  ) {}

  /** Begins to read; an answer that is no stream ends at once. */
  static async open(url: string, token: string, headers: Readonly<Record<string, string>> = {}): Promise<EventReader> {
    const leaving = new AbortController();
    const all = { Authorization: `Bearer ${token}`, ...headers };
    const reply = await fetch(url, { headers: all, signal: leaving.signal });
    const { pathname: target } = new URL(url);
    const { status } = reply;
    if (status === 200) {
      judge({
        method: 'GET',
        target,
        status,
        headers: Object.fromEntries(reply.headers),
        body: undefined,
        text: undefined,
      });
    }
    const reader = new EventReader(reply.status, reply.headers, leaving);
    void reader.read(reply);
    return reader;
  }

  get ids(): number[] {
    return this.events.map(({ id }) => id);
  }

  async until(what: string, ask: () => boolean): Promise<void> {
    await until(what, ask);
  }

  /** Waits for the end; returns how long that took. */
  async end(): Promise<number> {
    return await until('ended', () => this.ended);
  }

  /** Takes nothing for so long. */
  hesitate(forMs: number): void {
    this.pause = delay(forMs);
  }

  leave(): void {
    this.leaving.abort();
  }

  private async read(reply: Response): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const bytes of reply.body ?? []) {
        await this.pause;
        const text = decoder.decode(bytes as Uint8Array, { stream: true });
        this.text += text;
        this.unread += text;
        this.parse();
      }
    } catch {
      // Cut off, by either side.
    }
    this.ended = true;
  }

  private parse(): void {
    const blocks = this.unread.split('\n\n');
    this.unread = blocks.pop() ?? '';
    for (const block of blocks.filter((text) => text.startsWith('id: '))) {
      const [, id, event, data] = /^id: (\d+)\nevent: (\w+)\ndata: (.*)$/.exec(block) ?? [];
      if (id === undefined || event === undefined || data === undefined) throw new Error(`No event: ${block}`);
      this.events.push({ id: Number(id), event, data: JSON.parse(data) as Record<string, unknown> });
    }
  }
}
