import type { OnApplicationShutdown } from '@nestjs/common';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { NodemailerError, Transporter } from 'nodemailer';
import { createTransport } from 'nodemailer';
import type { MailConfig, QueueConfig, ServiceConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import { MailServerBusy, MailServerMissing } from './delivery-errors.ts';
import { deliveryFailure } from './delivery-failure.ts';
import type { WrittenMail } from './mail-templates.ts';
import { NoTurn, Turns } from './turns.ts';

/** Who has the mail now: a mail server, or the mailbox that development looks into. */
export type HandedTo = 'server' | 'mailbox';

/** A mail that is to be handed over. */
export interface OutgoingMail {
  /** Identifies the mail to whoever gets it twice. */
  readonly jobId: string;
  readonly to: string;
  readonly written: WrittenMail;
}

/** Together well below the time that one attempt may take. */
const timeouts = { dnsTimeout: 5000, connectionTimeout: 5000, greetingTimeout: 5000, socketTimeout: 10_000 };
const connectionsMax = 3;

/** The way out for mails: the SMTP server that is configured. */
@Injectable()
export class MailServer implements OnApplicationShutdown {
  private readonly transport: Transporter | undefined;
  private readonly turns: Turns;

  constructor(
    @Inject(configToken('mail')) private readonly mail: MailConfig,
    @Inject(configToken('service')) private readonly service: ServiceConfig,
    @Inject(configToken('queue')) { concurrency }: QueueConfig,
  ) {
    // A worker keeps two of its slots, if it has them, for jobs that send no mail.
    const most = Math.max(1, Math.min(connectionsMax, concurrency - 2));
    this.turns = new Turns(most);
    if (mail.smtpUrl !== undefined) this.transport = transportTo(mail.smtpUrl, most);
    else if (service.environment === 'production') {
      new Logger(MailServer.name).warn('SMTP_URL is not set: mails wait, and are given up after some hours');
    }
  }

  /**
   * Hands a mail over, or leaves it to the mailbox of development.
   * @throws MailRefused for good; MailServerMissing, MailServerFailed and MailServerBusy for now
   */
  async accept(mail: OutgoingMail, signal: AbortSignal): Promise<HandedTo> {
    if (this.transport === undefined) {
      if (this.service.environment === 'production') throw new MailServerMissing();
      return 'mailbox';
    }
    const { transport } = this;
    try {
      await this.turns.take(async () => {
        await transport.sendMail({ ...this.message(mail), signal });
      }, signal);
      return 'server';
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof NoTurn ? new MailServerBusy() : deliveryFailure(error as NodemailerError);
    }
  }

  onApplicationShutdown(): void {
    this.transport?.close();
  }

  private message({ jobId, to, written }: OutgoingMail): object {
    const { subject, text, html } = written;
    return {
      messageId: `<${jobId}@${new URL(this.service.publicUrl).hostname}>`,
      from: this.mail.from,
      to: { name: '', address: to },
      subject,
      text,
      html,
      // No out-of-office replies, please (RFC 3834).
      headers: { 'Auto-Submitted': 'auto-generated' },
    };
  }
}

function transportTo(url: string, maxConnections: number): Transporter {
  const transport = createTransport({
    url,
    pool: true,
    maxConnections,
    // An idle connection that the server has closed is replaced; trying again otherwise is the queue's affair.
    maxRequeues: 1,
    ...timeouts,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  // A failed delivery is reported to its caller; an event without a listener would end the process.
  transport.on('error', () => undefined);
  return transport;
}
