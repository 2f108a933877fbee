"""What the chat box says differently where it talks through Responses and Conversations, in one table a language."""

from collections.abc import Mapping

Words = Mapping[str, str]

ENGLISH: Words = {
    "stopped": "Stopped. The conversation holds nothing of this answer; Retry asks again.",
    "waiting_for_run": "Waiting for the other response. Esc stops.",
    "conversation": "Conversation",
    "response": "Response",
    "no_thread": "The first question makes a conversation, and a response in it.",
    "editing": "Change your question. Enter asks it in a new conversation, Esc leaves it as it was.",
    "edited": "What is said stays said in a conversation. So this is a new one with what stood before your question.",
    "dropped": "The connection broke. The response goes on; it is being fetched.",
    "never_called": "This function was not called: the person asked something else first.",
    "no_client.fix": 'Give it the client first, then the model: ChatBox(connect(api="v1"), model="gpt-4").',
    "closed.fix": "Make a new one: chat = ChatBox(client, model=…).",
    "failed": "The response failed: {detail}",
    "cancelled": "The response was cancelled.",
    "requires_action": "The model wants {detail} to be called, and this box has no functions.",
    "requires_action.fix": "Give it yours: ChatBox(client, model=…, functions=[…]).",
    "rounds": "The model asked for functions {detail} times without an answer.",
    "no_text": "The response is completed, but it holds no text.",
    "locked": "Another response is being made in this conversation.",
    "no_stream.fix": "See whether the client's address is that of a Responses service.",
}
JAPANESE: Words = {
    "stopped": "停止しました。この回答は会話に残りません。「再試行」でもう一度聞けます。",
    "waiting_for_run": "別の応答が終わるのを待っています。Escで停止します。",
    "conversation": "会話",
    "response": "応答",
    "no_thread": "最初の質問で、会話と応答が作られます。",
    "editing": "質問を書き直してください。Enterで新しい会話に送信、Escで取り消します。",
    "edited": "会話の内容は書き換えられません。そこで、この質問より前の内容を新しい会話に移しました。",
    "dropped": "接続が切れました。応答は続いているので、取りに行っています。",
    "never_called": "この関数は呼び出されませんでした。先に別の質問がありました。",
    "no_client.fix": 'クライアント、モデルの順に渡してください: ChatBox(connect(api="v1"), model="gpt-4")',
    "closed.fix": "新しく作ってください: chat = ChatBox(client, model=…)",
    "failed": "応答が失敗しました: {detail}",
    "cancelled": "応答は取り消されました。",
    "requires_action": "モデルは{detail}の呼び出しを求めていますが、このチャットには関数がありません。",
    "requires_action.fix": "関数を渡してください: ChatBox(client, model=…, functions=[…])",
    "rounds": "モデルは回答せずに関数の呼び出しを{detail}回求めました。",
    "no_text": "応答は完了しましたが、文章がありません。",
    "locked": "この会話では別の応答が進行中です。",
    "no_stream.fix": "クライアントの接続先がResponsesのサービスか確かめてください。",
}
LANGUAGES: Mapping[str, Words] = {"en": ENGLISH, "ja": JAPANESE}
