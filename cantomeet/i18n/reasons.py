"""Texts of error codes: what happened, what is safe, what to do next."""

from __future__ import annotations

REASONS: dict[str, tuple[str, str]] = {
    "reason.safe": ("錄音已保存。", "The recording is safe. "),
    "reason.removed": (
        "錄音已按保留期限刪除，逐字稿仍在。",
        "The recording was deleted when its time was over; the transcript is safe. ",
    ),
    "reason.not_found": ("找不到這個會議。", "There is no such meeting."),
    "reason.not_allowed": ("你沒有權限這樣做。", "You may not do this."),
    "reason.forbidden_origin": (
        "請求來自其他網站，已拒絕。",
        "The request came from another site and was refused.",
    ),
    "reason.invalid_request": ("請求有誤：{field}。", "The request is wrong: {field}."),
    "reason.conflict": ("會議現時的狀態不容許這樣做。", "The meeting's present status does not allow this."),
    "reason.version_conflict": (
        "有人先改了這個會議，請重新載入再改。",
        "Somebody changed this meeting first. Reload it, then make your change again.",
    ),
    "reason.cost_not_confirmed": (
        "重新轉錄會再收費，請先確認。",
        "Transcribing again costs money again. Confirm it first.",
    ),
    "reason.wrong_host": (
        "這個位址不是本機，已拒絕。請用 http://localhost 開啟。",
        "This address is not this machine's, so it was refused. Open http://localhost instead.",
    ),
    "reason.unknown_route": ("沒有這個網址。", "There is nothing at this address."),
    "reason.method_not_allowed": (
        "這個網址不接受這種請求。",
        "This address does not take this kind of request.",
    ),
    "reason.written_unavailable": (
        "書面語版本要由語言模型改寫，這裏沒有設定。請設定 {setting}，然後再試。",
        "The written-Chinese view is made by a language model, and none is set up here. Set {setting}, then try again.",
    ),
    "reason.version_missing": (
        "請在 If-Match 註明你改的是哪個版本（GET 回覆的 ETag）。",
        "Say in If-Match which version you are changing (the ETag that GET answered).",
    ),
    "reason.request_failed": (
        "程式出錯，請求未能完成（編號 {reference}）。請再試；再發生請把編號告訴管理員。",
        "The program failed and the request was not done ({reference}). Try again; if it happens again, tell the operator the number.",
    ),
    "reason.recording_removed": (
        "錄音已按保留期限刪除，逐字稿和摘要仍在。",
        "The recording was deleted when its time was over; transcript and summary are still here.",
    ),
    "reason.no_worker": (
        "沒有工作程式在運行，無法進行。用 scripts/start_worker.sh 啟動後再試。",
        "No worker is running to do this. Start one with scripts/start_worker.sh, then try again.",
    ),
    "reason.queue_away": (
        "連接不到 Redis，暫時無法進行。會議仍然安全。",
        "Redis does not answer, so this cannot be done now. The meetings are safe.",
    ),
    "reason.not_set_up": (
        "工作程式運行的地方沒有設定 {setting}。請設定後再試。",
        "{setting} is not set where the worker runs. Set it, then try again.",
    ),
    "reason.wrong_setting": (
        "工作程式運行的地方，{setting} 的設定有誤：{rule}。請修正後再試。",
        "{setting} is wrong where the worker runs: {rule}. Mend it, then try again.",
    ),
    "reason.empty_upload": ("檔案是空的，沒有保存。", "The file is empty; nothing was stored."),
    "reason.too_large": (
        "檔案超過 {limit_mb} MB 上限，沒有保存。",
        "The file is over the limit of {limit_mb} MB; nothing was stored.",
    ),
    "reason.not_a_recording": (
        "這不是可以轉錄的錄音（檢測結果：{found}），沒有保存。請上載錄音或影片，例如 mp3、m4a、wav、ogg、webm、flac、aac、amr、aiff、wma、mp4 或 mov。",
        "This is not a recording that can be transcribed (found: {found}); nothing was stored. Upload a recording or a video, such as mp3, m4a, wav, ogg, webm, flac, aac, amr, aiff, wma, mp4 or mov.",
    ),
    "reason.storage_full": (
        "磁碟空間不足，沒有保存。請騰出空間再上載。",
        "The disk is full; nothing was stored. Make room and upload again.",
    ),
    "reason.storage_full.unwritable": (
        "錄音的磁碟現時不能寫入，這次上載沒有保存。請保留原檔，檢查磁碟和資料夾的權限，之後再上載。",
        "The recordings' disk takes no writes now, so nothing of this upload was saved. Keep the file, check the disk and the folder's permissions, then upload it again.",
    ),
    "reason.upload_busy": (
        "另一個視窗正在上載這個檔案，請等它完成。",
        "Another window is uploading this file. Wait until it has finished.",
    ),
    "reason.key_reused": (
        "這個 Idempotency-Key 已用於另一次上載，錄音或資料與這次不同，所以這次沒有保存；之前的會議不受影響。請換一個新的 Idempotency-Key 再上載。",
        "This Idempotency-Key was used for an earlier upload of another recording or other details, so nothing of this one was stored; the earlier meeting is unharmed. Upload again under a new Idempotency-Key.",
    ),
    "reason.cancelled": (
        "{safe}你已取消處理；按重試可以繼續。",
        "{safe}You cancelled the work; Retry goes on.",
    ),
    "reason.cancelled.sent": (
        "{safe}你已停止處理，當時錄音已送去付費轉錄；重試會重新轉錄，並再收費。",
        "{safe}You stopped the work after the recording had been sent; Retry transcribes again, at a cost.",
    ),
    "reason.recording_unreadable": (
        "{safe}但內容無法解碼（{found}）。請檢查原檔能否播放，再重新上載。",
        "{safe}Its sound cannot be decoded ({found}). Check that the original plays, then upload it again.",
    ),
    "reason.recording_too_long": (
        "{safe}但超過 {hours} 小時的上限（間斷處補上的靜音也計算在內），沒有轉錄。請分段上載；或請管理員調高 CANTOMEET_MAX_HOURS（最多 37），重新啟動後按重試。",
        "{safe}It is longer than the limit of {hours} hours (silence that fills its gaps counts too), so it was not transcribed. Upload it in parts; or have the operator raise CANTOMEET_MAX_HOURS (at most 37) and restart, then press Retry.",
    ),
    "reason.recording_missing": (
        "找不到錄音檔案。請檢查資料夾 CANTOMEET_DATA_DIR，放回檔案後按重試。",
        "The recording's file is missing. Check the folder CANTOMEET_DATA_DIR, put it back, then press Retry.",
    ),
    "reason.recogniser_unavailable": (
        "{safe}本機識別模型無法載入。請檢查 {setting}，然後按重試。",
        "{safe}The local recogniser's model cannot be loaded. Check {setting}, then press Retry.",
    ),
    "reason.provider_key_refused": (
        "{safe}{provider} 不接受這條金鑰：請檢查 {setting}，然後按重試。",
        "{safe}{provider} does not accept the key: check {setting}, then press Retry.",
    ),
    "reason.provider_forbidden": (
        "{safe}{provider} 拒絕提供服務（金鑰過期或帳戶未包括此功能）：請檢查 {setting} 及帳戶，然後按重試。",
        "{safe}{provider} refused: the key has expired or the account lacks the feature. Check {setting} and the account, then press Retry.",
    ),
    "reason.provider_rejected": (
        "{safe}{provider} 不接受這個請求：{message}",
        "{safe}{provider} rejected it: {message}",
    ),
    "reason.provider_job_gone": (
        "{safe}{provider} 已沒有這項工作（過期或已刪除）。可以重新轉錄，但會再收費。",
        "{safe}{provider} no longer has this job (expired or deleted). It can be transcribed again, at a cost.",
    ),
    "reason.provider_unreachable": (
        "{safe}多次嘗試後仍連接不到 {provider}{cause}。請檢查網絡及 {setting}，然後按重試。",
        "{safe}{provider} could not be reached after several tries{cause}. Check the network and {setting}, then press Retry.",
    ),
    "reason.provider_certificate": (
        "{safe}{provider} 的憑證不可信（{message}），所以沒有傳送任何內容。請檢查 {setting} 和這部電腦的時鐘；如憑證由你的機構簽發，請用 SSL_CERT_FILE 指明它的 CA 檔案，然後按重試。",
        "{safe}The certificate of {provider} is not trusted ({message}), so nothing was sent. Check {setting} and this machine's clock; if your organisation issued the certificate, name its CA file in SSL_CERT_FILE, then press Retry.",
    ),
    "reason.provider_busy": (
        "{safe}{provider} 太忙，多次嘗試後仍未能處理。請稍後按重試。",
        "{safe}{provider} is too busy and gave no answer after several tries. Press Retry later.",
    ),
    "reason.provider_bad_answer": (
        "{safe}{provider} 的回覆無法理解。請按重試；再發生請更新程式。",
        "{safe}{provider}'s answer could not be understood. Press Retry; if it happens again, update the program.",
    ),
    "reason.provider_bad_answer.page": (
        "{safe}語言模型的位址回覆的是網頁，不是 API 的答案：可能是網絡的登入頁，或位址不對。請先登入網絡，檢查 OPENAI_BASE_URL，然後按重試。",
        "{safe}The language model's address answered with a web page instead of the API's answer: perhaps the network's sign-in page, or a wrong address. Sign in to the network, check OPENAI_BASE_URL, then press Retry.",
    ),
    "reason.provider_bad_answer.empty": (
        "{safe}語言模型收到請求，但回覆內沒有答案，可能是它的內容審查所致。請按重試；再發生請改用另一個模型（OPENAI_MODEL）。",
        "{safe}The language model took the request, but its answer holds no text; its content filter may be why. Press Retry; if it happens again, choose another model (OPENAI_MODEL).",
    ),
    "reason.model_unknown": (
        "{safe}{provider} 沒有這個模型：請檢查 {setting}，然後按重試。",
        "{safe}{provider} does not know the model: check {setting}, then press Retry.",
    ),
    "reason.model_out_of_tokens": (
        "{safe}模型把回覆的上限（{tokens} 個 token）全用在思考，未寫出摘要；同樣的請求不會再付費重試。請調高 {setting}，或選用不作思考的模型，然後按重試。",
        "{safe}The model spent its whole answer ({tokens} tokens) on thinking and wrote no summary; the same request is not paid for again. Raise {setting} or choose a model that does not think, then press Retry.",
    ),
    "reason.budget_exceeded": (
        "{safe}摘要預計超出預算，已停止；之前的請求可能已有花費。請調整 {setting}，然後按重試。",
        "{safe}The summary would cost more than the budget, so it was stopped; earlier requests may have cost something. Change {setting}, then press Retry.",
    ),
    "reason.database_busy": (
        "{safe}資料庫太忙。請稍後按重試。",
        "{safe}The database was too busy. Press Retry later.",
    ),
    "reason.database_busy.upload": (
        "資料庫暫時沒有回應，這次上載未能登記為會議，請不要當作已保存。請保留原檔，稍後再上載。",
        "The database did not answer, so this upload is no meeting that you could count on. Keep the file and upload it again in a moment.",
    ),
    "reason.database_busy.request": (
        "資料庫暫時沒有回應，這次的操作未能確認，請不要當作已保存。請稍後再試。",
        "The database did not answer, so do not count on this having been done or saved. Try again in a moment.",
    ),
    "reason.database_read_only": (
        "資料庫現時不能寫入，這次沒有保存；已有的會議仍然安全。請檢查資料庫和磁碟空間，之後再試。",
        "The database takes no writes now, so nothing of this was saved; the meetings that are there are safe. Check the database and the free space on its disk, then try again.",
    ),
    "reason.database_read_only.upload": (
        "資料庫現時不能寫入，這次上載沒有保存。請保留原檔，檢查資料庫和磁碟空間，之後再上載。",
        "The database takes no writes now, so nothing of this upload was saved. Keep the file, check the database and the free space on its disk, then upload it again.",
    ),
    "reason.disk_full": (
        "{safe}但磁碟已滿，無法繼續處理。請騰出空間，然後按重試。",
        "{safe}The disk is full, so the work could not go on. Make room, then press Retry.",
    ),
    "reason.step_timed_out": (
        "{safe}有一步做得太久，已停止。請按重試。",
        "{safe}One step took too long and was stopped. Press Retry.",
    ),
    "reason.worker_died": (
        "{safe}處理這一步的程式中斷了 {times} 次，多數是記憶體不足，已停止。請騰出記憶體，然後按重試。",
        "{safe}The program working on this step was cut off {times} times, most often for lack of memory, so it was stopped. Make room in memory, then press Retry.",
    ),
    "reason.stuck": (
        "{safe}太久沒有進展，已停止等候。請按重試。",
        "{safe}Nothing has moved for too long, so waiting was given up. Press Retry.",
    ),
    "reason.internal": (
        "{safe}程式出錯（{reference}）。請按重試；再發生請把編號告訴管理員。",
        "{safe}The program failed ({reference}). Press Retry; if it happens again, tell the operator the number.",
    ),
}
