import { Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import type { JobContext } from '../../queue/job-handler.ts';
import { internal, JobHandler } from '../../queue/job-handler.ts';
import { Flag, Id } from '../../validation/fields.ts';
import type { HandedTo } from './mail-server.ts';
import { MailServer } from './mail-server.ts';
import { MailWriter } from './mail-writer.ts';
import { MailRepository } from './mail.repository.ts';

@ApiSchema({ description: 'Which mail to deliver.' })
export class SendMailPayload {
  @Id({ description: 'The stored mail.' })
  readonly mailId!: string;
}

@ApiSchema({ description: 'Whether the mail was delivered.' })
export class SendMailResult {
  @Flag({ description: 'False when there was nothing to send: the mail is gone, or its link no longer works.' })
  readonly sent!: boolean;
}

/** Delivers one stored mail. */
@Injectable()
@JobHandler({
  type: 'mail.send',
  description: 'Delivers one stored mail.',
  payload: SendMailPayload,
  result: SendMailResult,
  permission: internal,
  // Some eight hours with the queue's back-off: outlasts grey lists and most outages of a mail server.
  attempts: 100,
  timeoutSeconds: 40,
})
export class SendMailJob implements JobHandler<SendMailPayload, SendMailResult, HandedTo | undefined> {
  constructor(
    private readonly mails: MailRepository,
    private readonly writer: MailWriter,
    private readonly server: MailServer,
  ) {}

  /** An attempt that was cut off behind this point sends the mail again, under the same Message-ID. */
  async prepare({ mailId }: SendMailPayload, { jobId, signal }: JobContext): Promise<HandedTo | undefined> {
    const mail = await this.mails.findById(mailId);
    if (mail === undefined) return undefined;
    const written = this.writer.writeUsable(mail);
    if (written === undefined) return undefined;
    return await this.server.accept({ jobId, to: mail.recipient, written }, signal);
  }

  /** The mailbox of development goes on showing the link, so only a server's mail loses its sealed token. */
  async run({ mailId }: SendMailPayload, _: JobContext, handedTo: HandedTo | undefined): Promise<SendMailResult> {
    if (handedTo === undefined) return { sent: false };
    await this.mails.markSent(mailId);
    if (handedTo === 'server') await this.mails.forgetToken(mailId);
    return { sent: true };
  }
}
