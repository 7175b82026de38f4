import request from 'supertest';
import { assertMatchesOpenApi } from '../openapi/openapi-assertions.ts';

/** A response of the service. */
export interface ApiResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON, or undefined. */
  readonly body: unknown;
  readonly text: string;
}

/** The credentials of a user. */
export interface UserCredentials {
  readonly email: string;
  readonly password: string;
}

export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

type Headers = Readonly<Record<string, string>>;

/** Sends requests over HTTP, with or without a user. An undocumented response is an error. */
export class Api {
  /** Called after each request that may change something: a cluster waits until all of its processes know. */
  settle: (() => Promise<void>) | undefined;
  private readonly tokens = new Map<string, Promise<Tokens>>();

  constructor(
    readonly baseUrl: string,
    private readonly login?: UserCredentials,
    private readonly parent?: Api,
  ) {}

  /** The same service as this user, who logs in once, with the first request. */
  as(login: UserCredentials): Api {
    return Object.assign(new Api(this.baseUrl, login, this), { settle: this.settle });
  }

  async get(path: string, headers: Headers = {}): Promise<ApiResponse> {
    return await this.send('get', path, undefined, headers);
  }

  async post(path: string, body?: unknown, headers: Headers = {}): Promise<ApiResponse> {
    return await this.send('post', path, body, headers);
  }

  async patch(path: string, body?: unknown, headers: Headers = {}): Promise<ApiResponse> {
    return await this.send('patch', path, body, headers);
  }

  async delete(path: string, headers: Headers = {}): Promise<ApiResponse> {
    return await this.send('delete', path, undefined, headers);
  }

  /** The tokens of this user's one login. */
  async tokensOf(login: UserCredentials): Promise<Tokens> {
    const known = this.tokens.get(login.email);
    if (known) return await known;
    const tokens = this.logIn(login);
    this.tokens.set(login.email, tokens);
    return await tokens;
  }

  /** Logs in anew. */
  async logIn({ email, password }: UserCredentials): Promise<Tokens> {
    const reply = await this.send('post', '/v1/auth/login', { email, password }, {});
    if (reply.status !== 200) throw new Error(`The login of ${email} failed: ${reply.text}`);
    return reply.body as Tokens;
  }

  private async send(
    method: 'get' | 'post' | 'patch' | 'delete',
    path: string,
    body: unknown,
    headers: Headers,
  ): Promise<ApiResponse> {
    const begun = request(this.baseUrl)[method](path);
    begun.set(await this.credentials());
    const call = begun.set(headers).ok(() => true);
    const reply = await (body === undefined ? call : call.send(body as object));
    if (method !== 'get') await this.settle?.();
    const response = {
      status: reply.status,
      headers: single(reply.headers),
      body: /json/.test(reply.headers['content-type'] ?? '') ? parse(reply) : undefined,
      text: reply.text,
    };
    assertMatchesOpenApi({ method: method.toUpperCase(), target: path, accept: headers['Accept'], ...response });
    return response;
  }

  private async credentials(): Promise<Headers> {
    if (this.login === undefined || this.parent === undefined) return {};
    const { accessToken } = await this.parent.tokensOf(this.login);
    return { Authorization: `Bearer ${accessToken}` };
  }
}

/** Node returns a list for repeated header lines; a response sets one cookie at most. */
function single(headers: Readonly<Record<string, string | string[]>>): Headers {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

/** supertest does not parse the body of media types that it does not know. */
function parse(reply: { body: unknown; text: string }): unknown {
  return reply.text === '' ? undefined : JSON.parse(reply.text);
}
