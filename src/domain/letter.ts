/** A message in words, in the one language it is written in, as text and as HTML that asks nobody for anything. */
export interface Letter {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** BCP 47. */
  readonly language: string;
}
