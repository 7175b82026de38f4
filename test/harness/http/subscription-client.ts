import { WebSocket } from 'ws';
import { waitUntil } from '../process/wait-until.ts';
import type { GraphqlProblem } from './graphql.ts';

/** An event of jobEvents. */
export interface SubscribedEvent {
  readonly seq: number;
  readonly kind: string;
  readonly [member: string]: unknown;
}

interface ServerMessage {
  readonly id?: string;
  readonly type: string;
  readonly payload?: unknown;
}

interface NextPayload {
  readonly data?: { readonly jobEvents: SubscribedEvent } | null;
  readonly errors?: readonly GraphqlProblem[];
}

const jobEvents = `subscription Watch($id: ID!, $after: Int) {
  jobEvents(id: $id, after: $after) {
    seq kind at state attempt progress { done total } result error { name }
  }
}`;

/** One subscription of a client. */
export class ClientSubscription {
  constructor(
    private readonly client: SubscriptionClient,
    readonly id: string,
  ) {}

  get events(): SubscribedEvent[] {
    return this.payloads('next').flatMap((payload) => (payload as NextPayload).data?.jobEvents ?? []);
  }

  get seqs(): number[] {
    return this.events.map(({ seq }) => seq);
  }

  /** Those of a message `error`, or of a result. */
  get problems(): readonly GraphqlProblem[] {
    const ofResults = this.payloads('next').flatMap((payload) => (payload as NextPayload).errors ?? []);
    return [...ofResults, ...this.payloads('error').flatMap((payload) => payload as GraphqlProblem[])];
  }

  get completed(): boolean {
    return this.payloads('complete').length > 0;
  }

  async until(what: string, condition: () => boolean): Promise<void> {
    await waitUntil(what, condition);
  }

  /** Waits for the message `complete` or `error`. */
  async end(): Promise<void> {
    await waitUntil('the subscription has ended', () => this.completed || this.payloads('error').length > 0);
  }

  unsubscribe(): void {
    this.client.send({ id: this.id, type: 'complete' });
  }

  private payloads(type: string): unknown[] {
    const mine = this.client.messages.filter((message) => message.id === this.id && message.type === type);
    return mine.map(({ payload }) => payload);
  }
}

interface HandshakeOptions {
  readonly protocol?: string;
  readonly path?: string;
  readonly origin?: string;
}

/** A client of graphql-transport-ws that shows every message. */
export class SubscriptionClient {
  readonly messages: ServerMessage[] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;
  private subscriptions = 0;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data) => this.messages.push(JSON.parse((data as Buffer).toString()) as ServerMessage));
    socket.on('error', () => undefined);
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
    });
  }

  /** Opens a connection without connection_init. */
  static async open(
    baseUrl: string,
    { protocol = 'graphql-transport-ws', path = '/graphql', origin }: HandshakeOptions = {},
  ): Promise<SubscriptionClient> {
    const socket = new WebSocket(
      baseUrl.replace('http', 'ws') + path,
      protocol,
      origin === undefined ? {} : { origin },
    );
    const client = new SubscriptionClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve).once('error', reject);
    });
    return client;
  }

  /** Opens a connection with this payload of connection_init, and waits until the service has accepted or closed it. */
  static async connect(baseUrl: string, payload: object): Promise<SubscriptionClient> {
    const client = await SubscriptionClient.open(baseUrl);
    client.send({ type: 'connection_init', payload });
    await waitUntil('the connection is accepted or closed', () => client.accepted || client.closed !== undefined);
    return client;
  }

  get accepted(): boolean {
    return this.messages.some(({ type }) => type === 'connection_ack');
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  /** Sends a document. */
  subscribe(query: string, variables: object = {}): ClientSubscription {
    this.subscriptions += 1;
    const id = `subscription-${this.subscriptions}`;
    this.send({ id, type: 'subscribe', payload: { query, variables } });
    return new ClientSubscription(this, id);
  }

  jobEvents(id: string, after?: number): ClientSubscription {
    return this.subscribe(jobEvents, { id, ...(after !== undefined && { after }) });
  }

  /** Waits until the service has closed the connection; returns the code. */
  async close(): Promise<number | undefined> {
    await waitUntil('the connection is closed', () => this.closed !== undefined);
    return this.closed?.code;
  }
}
