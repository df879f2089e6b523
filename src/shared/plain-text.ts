/** Text of a stranger's on one line of a terminal: nothing in it moves the cursor or turns the direction of reading. */
export const toPlainText = (text: string) => text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ');
