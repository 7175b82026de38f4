import { Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import type { JobContext } from '../../platform/queue/job-handler.ts';
import { internal, JobHandler } from '../../platform/queue/job-handler.ts';
import { BooleanField, UuidField } from '../../platform/validation/fields.ts';
import type { DeliveryTarget } from './smtp-transport.ts';
import { SmtpTransport } from './smtp-transport.ts';
import { MailRenderer } from './mail-renderer.ts';
import { MailRepository } from './mail.repository.ts';

@ApiSchema({ description: 'The email to deliver.' })
export class SendMailPayload {
  @UuidField({ description: 'Identifier of the stored email.' })
  readonly mailId!: string;
}

@ApiSchema({ description: 'Whether the email was delivered.' })
export class SendMailResult {
  @BooleanField({
    description: 'False if there was nothing to send: the email was deleted, or its link no longer works.',
  })
  readonly sent!: boolean;
}

/** Delivers one stored email. */
@Injectable()
@JobHandler({
  type: 'mail.send',
  description: 'Delivers one stored email.',
  payload: SendMailPayload,
  result: SendMailResult,
  permission: internal,
  // About eight hours with the queue's back-off: longer than greylisting and most outages of a mail server.
  attempts: 100,
  timeoutSeconds: 40,
})
export class SendMailJob implements JobHandler<SendMailPayload, SendMailResult, DeliveryTarget | undefined> {
  constructor(
    private readonly mails: MailRepository,
    private readonly renderer: MailRenderer,
    private readonly transport: SmtpTransport,
  ) {}

  /** An attempt that is interrupted after delivery sends the email again, with the same Message-ID. */
  async prepare({ mailId }: SendMailPayload, { jobId, signal }: JobContext): Promise<DeliveryTarget | undefined> {
    const mail = await this.mails.findById(mailId);
    if (mail === undefined) return undefined;
    const rendered = this.renderer.renderIfUsable(mail);
    if (rendered === undefined) return undefined;
    return await this.transport.deliver({ jobId, to: mail.recipient, rendered }, signal);
  }

  /** The development mailbox still shows the email, so its content is deleted only after SMTP delivery. */
  async run({ mailId }: SendMailPayload, _: JobContext, target: DeliveryTarget | undefined): Promise<SendMailResult> {
    if (target === undefined) return { sent: false };
    await this.mails.markSent(mailId);
    if (target === 'server') await this.mails.deleteContent(mailId);
    return { sent: true };
  }
}
