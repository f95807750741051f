# 任务的进度，以及图片下面的说明。

status-queued =
    { $place ->
        [0] 排队中……
       *[other] 排队中，第 { $place } 位……
    }
status-paused =
    { $count ->
       *[other] 绘图服务暂时不接新任务。位置已为你保留，一恢复就开始。
    }
status-drawing =
    { LENGTH($model) ->
        [0] 正在画……
       *[other] { $model } 正在画……
    }{ $count ->
        [1] { "" }
       *[other] 已完成 { $done }/{ $count } 张
    }
status-late =
    { $count ->
       *[other] 比预计的慢。绘图服务还在做，我会一直盯着，好了马上发给你。
    }
status-fetching =
    { $count ->
        [1] 画好了，正在取图……
       *[other] { $count } 张都画好了，正在取图……
    }
status-sending =
    { $count ->
        [1] 正在发送图片……
       *[other] 正在发送 { $count } 张图片……
    }
status-done =
    { $returned ->
        [0] 完成，用时 { $seconds } 秒。
       *[other] { $count } 张中完成了 { $done } 张。{ returned }
    }
status-failed =
    { LENGTH($why) ->
        [0] 这次没能完成。
       *[other] { $why }
    }{ returned }
status-cancelled = 已取消。{ returned }
# 接在任务文案的末尾，自带换行；没有退回时为空。
returned =
    { $returned ->
        [0] { "" }
       *[other] { "\u000A" }已退回 { $returned } 张额度。
    }

caption =
    { $prompt }
    { LENGTH($asked) ->
        [0] { $model } · { $size }
       *[other] { $model } · { $size }（你要的是 { $asked }）
    }{ LENGTH($seed) ->
        [0] { "" }
       *[other] { " " }· 种子 { $seed }
    }{ $left ->
        [-1] { "" }
       *[other] { " " }· 今天还剩 { $left } 张
    }{ LENGTH($planned) ->
        [0] { "" }
       *[other] { "\u000A" }{ $planned } 暂时用不了，这张改由别的模型完成。
    }
caption-elsewhere = 群里不让我发图片，所以发到这里。
