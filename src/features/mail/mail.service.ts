import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { v7 as uuidv7 } from 'uuid';
import { Ledger } from '../../queue/ledger.ts';
import type { MailTemplate, WrittenMail } from './mail-templates.ts';
import { MailWriter } from './mail-writer.ts';
import { MailRepository } from './mail.repository.ts';
import { SendMailJob } from './send-mail.job.ts';

/** A mail with everything that a mailbox shows. */
export interface Mail extends Omit<WrittenMail, 'html'> {
  readonly id: string;
  readonly to: string;
  readonly createdAt: Date;
}

/** So many mails are shown at most. */
const mailboxSize = 100;

/** Mails are rows first: promised in the transaction of what they tell about, written out when they are delivered. */
@Injectable()
export class MailService {
  constructor(
    private readonly mails: MailRepository,
    private readonly writer: MailWriter,
    private readonly ledger: Ledger,
  ) {}

  /** Promises a mail in the caller's transaction: once that has committed, the mail is delivered. */
  @Transactional()
  async promise(template: MailTemplate, recipient: string, mailedTokenId?: string): Promise<void> {
    const id = uuidv7();
    await this.mails.insert({ id, template, recipient, mailedTokenId: mailedTokenId ?? null });
    await this.ledger.enqueue(SendMailJob, { mailId: id });
  }

  /** The same for a mail that carries a token. Without the token there is no mail, and a job that finds nothing to send. */
  @Transactional()
  async promiseWith(mailedTokenId: string, template: MailTemplate, recipient: string): Promise<void> {
    const id = uuidv7();
    await this.mails.insertWithToken({ id, template, recipient, mailedTokenId });
    await this.ledger.enqueue(SendMailJob, { mailId: id });
  }

  /** The newest 100 mails, all or to one address, written out. */
  async mailbox(recipient?: string): Promise<Mail[]> {
    const stored = await this.mails.findLatest(mailboxSize, recipient);
    return stored.map((mail) => {
      const { subject, text, links } = this.writer.write(mail);
      return { id: mail.id, to: mail.recipient, createdAt: mail.createdAt, subject, text, links };
    });
  }
}
