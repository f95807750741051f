# 以前画过的图、取消，以及忘记我。

history-title = 你最近的图片。点编号就能再发一次，不占额度。
history-none = 这里还什么都没有。以后画的图会列在这里，随时可以再要。
history-row =
    { $number }. { $prompt }{ $count ->
        [1] { "" }
       *[other] （{ $count } 张）
    } · { $unit ->
        [days] { $amount } 天前
        [hours] { $amount } 小时前
       *[minutes] { $amount ->
            [0] 刚刚
           *[other] { $amount } 分钟前
        }
    }
history-private = 你的图片只在私聊里给你看。
history-door = 🖼 我最近的图片
sending-again =
    { $count ->
        [1] 这就发给你。
       *[other] 这就都发给你。
    }
deleted = 已从这里删除。/history 里还有。

cancel-which = 要取消哪一个？
cancel-row =
    { $number }. { $prompt } · { $stage ->
        [drawing] 正在画
       *[waiting] 等待中
    }
cancel-all = ✖️ 全部取消
cancel-nothing =
    { $where ->
        [group] 没有可以取消的任务：你在这个群里没有任务在进行。
       *[private] 没有可以取消的任务：你现在没有任务在进行。
    }
cancel-late =
    { $stage ->
        [cancelled] 这个任务已经取消了。
       *[ended] 来不及了，这个任务已经结束。
    }
# 总共最多 200 个字符：按下按钮后也会作为提示显示。
cancel-done =
    { $jobs ->
        [0] 已经来不及取消了。
       *[other] 已取消 { $jobs } 个任务，{ cancelled-pictures }
    }{ $running ->
        [0] { "" }
       *[other] { "\u000A" }{ $running } 个任务会继续做完并计入额度，因为绘图服务已经计费。
    }{ $coming ->
        [0] { "" }
       *[other] { "\u000A" }{ $coming } 个任务快好了，图片马上就到。
    }
cancelled-pictures =
    { $pictures } 张已退回{ $whose ->
        [other] 对方
       *[own] 你
    }的额度。

forget =
    要我忘记你吗？

    我会删除你的设置、提示词、为你画的所有图片，以及你发给我的所有图片。聊天里的消息会留着，只有你自己能删。

    留下的只有数字：哪天画了几张、花了多少钱。最后一张图之后的 32 天内，我还会记得这些数字是你的，因为要算进额度。

    这一步无法撤销。
forget-yes = 🗑 是的，忘记我
forget-no = 不了，都留着
forget-private = 这件事我们私聊里说。
forget-door = 🔒 去私聊继续
forgotten = 好了，关于你的一切都删掉了。
forget-kept = 好的，一切照旧。
