# 浏览器里的试画页面。

page-title = Drawbridge
page-tagline = 写下画面，我来画
page-sandbox-mark = 沙盒
page-sandbox-about = 这些图片由本地沙盒模拟绘制，不会请求任何绘图服务，也不花钱。
page-live-mark = 真实绘图
page-live-about = 已配置真实的绘图服务，画图会产生费用。
page-placeholder = /draw 雪地里的一只狐狸 --ar 16:9
page-send = 发送
page-you = 你
page-bot = Drawbridge
page-empty = 这里还是空的。想看什么，写下来吧。
page-example-1 = /draw 雪地里的一只狐狸 --ar 16:9
page-example-2 = /draw 黄昏的灯塔，油画 --n 2
page-example-3 = /draw 绿色河面上的纸船 --seed 7
page-reconnecting = 连接断开了，正在重连……
page-offline = 服务器没有响应。它恢复后，你的任务会继续进行。
page-failed-to-send = 没有发出去，请重试。
page-download = 下载
page-open = 查看原图
page-retry = 重试
page-conversation = 对话
page-commands = 命令
page-theme = 切换浅色和深色
page-language = 语言
# 本语言自己的名称。
page-language-name = 简体中文
page-no-script = 此页面需要启用 JavaScript。
