import { setTimeout as delay } from 'node:timers/promises';
import { violationsIn } from '../openapi/document-schemas.ts';
import { assertMatchesOpenApi } from '../openapi/openapi-assertions.ts';
import { waitUntil } from '../process/wait-until.ts';

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
  private unreadable: Error | undefined;
  private pause: Promise<void> = Promise.resolve();

  private constructor(
    readonly status: number,
    readonly headers: Headers,
    private readonly controller: AbortController,
  ) {}

  /** Starts to read; a response that is no stream ends at once. */
  static async open(url: string, token: string, headers: Readonly<Record<string, string>> = {}): Promise<EventReader> {
    const controller = new AbortController();
    const all = { Authorization: `Bearer ${token}`, ...headers };
    const reply = await fetch(url, { headers: all, signal: controller.signal });
    const { pathname: target } = new URL(url);
    const { status } = reply;
    if (status === 200) {
      assertMatchesOpenApi({
        method: 'GET',
        target,
        status,
        headers: Object.fromEntries(reply.headers),
        body: undefined,
        text: undefined,
      });
    }
    const reader = new EventReader(reply.status, reply.headers, controller);
    void reader.read(reply);
    return reader;
  }

  get ids(): number[] {
    return this.events.map(({ id }) => id);
  }

  async until(what: string, condition: () => boolean): Promise<void> {
    await waitUntil(what, () => {
      if (this.unreadable !== undefined) throw this.unreadable;
      return condition();
    });
  }

  /** Waits for the end. */
  async end(): Promise<void> {
    await waitUntil('ended', () => this.ended);
    if (this.unreadable !== undefined) throw this.unreadable;
  }

  /** Pauses reading for a time. */
  pauseReading(forMs: number): void {
    this.pause = delay(forMs);
  }

  close(): void {
    this.controller.abort();
  }

  private async read(reply: Response): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const bytes of reply.body ?? []) {
        await this.pause;
        const text = decoder.decode(bytes as Uint8Array, { stream: true });
        this.text += text;
        this.unread += text;
        if (!this.parse()) break;
      }
    } catch {
      // Either side closed the connection.
    }
    this.ended = true;
  }

  /** False at an event that is malformed or undocumented. */
  private parse(): boolean {
    const blocks = this.unread.split('\n\n');
    this.unread = blocks.pop() ?? '';
    for (const block of blocks.filter((text) => text.startsWith('id: '))) {
      const [, id = '', event = '', data = 'null'] = /^id: (\d+)\nevent: (\w+)\ndata: (.*)$/.exec(block) ?? [];
      const read = { id, event, data: JSON.parse(data) as Record<string, unknown> };
      const violations = violationsIn(read, { $ref: '#/components/schemas/JobStreamEvent' });
      if (violations.length > 0) {
        this.unreadable = new Error(`Undocumented event: ${block}\n  ${violations.join('\n  ')}`);
        return false;
      }
      this.events.push({ ...read, id: Number(id) });
    }
    return true;
  }
}
