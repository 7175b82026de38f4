import type { Api } from '../http/api.ts';

/** A mail as the mailbox of development shows it. */
export interface MailView {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly links: readonly string[];
}

/** Reads the mails that the service has enqueued, the newest first. */
export class Mailbox {
  constructor(private readonly api: Api) {}

  async mailsTo(email: string): Promise<MailView[]> {
    const { body } = await this.api.get(`/dev/mailbox?to=${encodeURIComponent(email)}`);
    return (body as { data: MailView[] }).data;
  }

  async subjectsTo(email: string): Promise<string[]> {
    return (await this.mailsTo(email)).map(({ subject }) => subject);
  }

  /** The token of the newest mail's link; of the newest with this subject, if one is given. */
  async tokenFor(email: string, subject?: string): Promise<string> {
    const mail = (await this.mailsTo(email)).find((each) => subject === undefined || each.subject === subject);
    const token = new URL(mail?.links[0] ?? 'about:blank').searchParams.get('token');
    if (token === null) throw new Error(`No link has been mailed to ${email}`);
    return token;
  }
}
